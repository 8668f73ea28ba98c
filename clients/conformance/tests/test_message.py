"""HTTP messages are read whole, however they come."""

import socket
import unittest

from wire.message import BrokenOff, MessageReader


class MessageTests(unittest.TestCase):
    def reader(self, *parts, closes=True):
        """A reader of what the other side sent."""
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        for part in parts:
            theirs.sendall(part)
        if closes:
            theirs.close()
        return MessageReader(ours)

    def test_a_body_with_a_length_ends_there(self):
        messages = self.reader(b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST /b HTTP/1.1\r\n\r\n")
        first, second, third = messages.read(), messages.read(), messages.read()
        self.assertEqual((first.first, first.body), ("POST /a HTTP/1.1", b"abc"))
        self.assertEqual((second.first, second.body), ("POST /b HTTP/1.1", b""))
        self.assertIsNone(third)

    def test_a_body_in_chunks_is_put_together(self):
        head = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        messages = self.reader(head, b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        message = messages.read()
        self.assertEqual(message.body, b"abcde")
        self.assertIn(b"Content-Length: 5", message.encoded())
        self.assertNotIn(b"chunked", message.encoded())

    def test_an_answer_without_a_length_ends_with_its_connection(self):
        self.assertEqual(self.reader(b"HTTP/1.1 200 OK\r\n\r\nabc").read().body, b"abc")

    def test_an_answer_that_has_no_body_says_no_length(self):
        message = self.reader(b"HTTP/1.1 204 No Content\r\n\r\n", closes=False).read()
        self.assertEqual(message.encoded(), b"HTTP/1.1 204 No Content\r\n\r\n")

    def test_a_message_that_ends_in_the_middle_is_broken_off(self):
        for part in (b"POST /a HTT", b"POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", b"nonsense\r\nmore\r\n\r\n"):
            with self.subTest(part), self.assertRaises(BrokenOff):
                self.reader(part).read()


if __name__ == "__main__":
    unittest.main()
