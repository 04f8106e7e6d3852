"""What a server's file says was sold, to be compared with what the tills were told."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Books:
    """Sales with their totals, and the points that were given for them, read from the file."""

    sales: dict[str, int]
    points: int
    earnings: int

    @classmethod
    def of_server(cls, path: Path) -> "Books":
        """Read the file and hold that it is whole."""
        with closing(sqlite3.connect(path)) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            sales = dict(file.execute("SELECT sale_id, total_minor FROM sale").fetchall())
            (points,) = file.execute(
                "SELECT sum(posted) - sum(debt) FROM points_balance"
            ).fetchone()
            (earnings,) = file.execute(
                "SELECT count(*) FROM points_posting WHERE kind = 'earn'"
            ).fetchone()
        return cls(sales, points or 0, earnings)

    def since(self, before: "Books") -> "Books":
        """Give what was sold after `before`; what came earlier is another test's."""
        sales = {sale_id: total for sale_id, total in self.sales.items() if sale_id not in before}
        return Books(sales, self.points - before.points, self.earnings - before.earnings)

    def __contains__(self, sale_id: str) -> bool:
        return sale_id in self.sales
