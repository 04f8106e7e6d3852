"""Stories a shop would tell; the only code that enters several rooms."""
