"""An application in another language than Swift: submits in its own transaction, with psycopg and no code of Errand.

    python submit_by_sql.py URL

Prints the identifier of a job whose transaction it rolled back, and that of one whose transaction it committed.
"""

import json
import sys

import psycopg

SUBMIT = "SELECT errand.errand_submit('work', %s, tenant => 'default')"


def main():
    with psycopg.connect(sys.argv[1]) as connection:
        connection.execute("CREATE TABLE orders (number integer PRIMARY KEY)")
        connection.commit()
        print(order(connection, 1))
        connection.rollback()
        print(order(connection, 2))
        connection.commit()
        orders = [number for (number,) in connection.execute("SELECT number FROM orders")]
        return 0 if orders == [2] else 1


def order(connection, number):
    """An order and its job: both are there, or neither."""
    connection.execute("INSERT INTO orders VALUES (%s)", (number,))
    payload = json.dumps({"ms": 1, "end": "succeed", "order": number})
    return connection.execute(SUBMIT, (payload,)).fetchone()[0]


if __name__ == "__main__":
    sys.exit(main())
