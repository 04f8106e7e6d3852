"""Stories a shop would tell; the only code that enters several rooms."""

# Whatever story is told, changes of persons are heard.
from loyalty.journeys import tell_of_persons as tell_of_persons
