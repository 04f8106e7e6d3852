// Reads what a scanner, a camera or a clipboard gave, exactly like loyalty/wire/codes.py.

export const ALPHABET = "BCDEFGHIJKLNOPRSTUVX";
export const TEXT_LENGTH = 154;
export const LETTERS_LENGTH = 8;

// 83 bytes: a text that stands for more was never written by us.
const TOO_LARGE = 256n ** 83n;
const BASE = BigInt(ALPHABET.length);
// Longer texts are no barcode; only their end could be a code.
const SCANNED_MAX = 4096;
// A tail of this many of our letters that is not a whole code is a code that was cut.
const CUT_LENGTH = 40;
const INVISIBLE = /[\p{C}\p{Z}]/gu;
const DASHES = /[-_.\u00b7\u2010\u2011\u2013\u2014\u2212]/g;
const TAIL = new RegExp(`[${ALPHABET}]*$`);

/** Drops what cannot be seen; upper case for ASCII alone, so one character stays one character.
 *  Caps lock on a Turkish keyboard types a dotless i for our I. */
function fold(scanned) {
  return scanned
    .slice(-SCANNED_MAX)
    .replace(INVISIBLE, "")
    .replace(/[a-z]/g, (letter) => letter.toUpperCase())
    .replaceAll("\u0131", "I");
}

/**
 * Finds the whole code in a scanned text: its last 154 letters.
 * @param {string} scanned
 * @returns {string | null} the canonical 154 letters; null when this is not one of our codes
 */
export function readText(scanned) {
  const tail = fold(scanned).slice(-TEXT_LENGTH);
  if (tail.length !== TEXT_LENGTH) {
    return null;
  }
  let value = 0n;
  for (const letter of tail) {
    const digit = ALPHABET.indexOf(letter);
    if (digit < 0) {
      return null;
    }
    value = value * BASE + BigInt(digit);
  }
  return value < TOO_LARGE ? tail : null;
}

/** True for the code of an order: kind 3 or 4 of a whole code, whoever signed it. */
export function isOrderCode(text) {
  const value = [...text].reduce((sum, letter) => sum * BASE + BigInt(ALPHABET.indexOf(letter)), 0n);
  return [3n, 4n].includes((value >> (8n * 82n)) & 15n);
}

/**
 * Reads the 8 letters under a live code as a person types them: case, spaces, dashes forgiven.
 * @param {string} typed
 * @returns {string | null}
 */
export function readLetters(typed) {
  const letters = fold(typed).replace(DASHES, "");
  const known = [...letters].every((letter) => ALPHABET.includes(letter));
  return known && letters.length === LETTERS_LENGTH ? letters : null;
}

/** True for a code of ours that lost its beginning or its end on the way. */
export function isCut(scanned) {
  return readText(scanned) === null && TAIL.exec(fold(scanned))[0].length >= CUT_LENGTH;
}
