import { inspect } from "node:util";

/**
 * Text as the server takes it: no lone surrogates and no NUL, which no store can keep, and not too long.
 *
 * @param {unknown} value Text, or anything to be shown as text.
 * @param {number} bytes The limit, in bytes of UTF-8.
 * @returns {string} The text, cut between two characters.
 */
export function storable(value, bytes) {
  const text = (typeof value === "string" ? value : inspect(value)).toWellFormed().replaceAll("\0", "\ufffd");
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  let end = bytes;
  // A byte 10xxxxxx goes on with a character that began before it.
  while (end > 0 && (encoded[end] & 0xc0) === 0x80) end -= 1;
  return encoded.toString("utf8", 0, end);
}
