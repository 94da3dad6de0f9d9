import fc from 'fast-check'

/** Characters that affect a terminal, a browser or an XML parser. */
const ACTING = [
  0x00, 0x09, 0x0a, 0x0d, 0x7f, 0x85, 0xad, 0x61c, 0x200b, 0x200f, 0x2028, 0x202e, 0x2067, 0xfeff,
  0xfffe, 0xd800, 0xdc00, 0xe0041,
].map((code) => String.fromCodePoint(code))

/** Texts that try to forge markup, and one from right to left. */
const FORGED = ['\u001b[31m', '\u001b]0;title\u0007', '\u009b2J', '</bdi>', '\nerror: ', '\\u{1b}']
const ACTS = [...ACTING, ...FORGED, 'שלום']

/** Texts of any characters, in which affecting characters are frequent. */
export const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...ACTS), fc.string({ unit: 'binary', maxLength: 5 })), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''))
