import fc from 'fast-check'

/**
 * Characters that affect a terminal, a browser or an XML parser, and texts that try to forge
 * markup.
 */
const ACTS = [
  '\u001b[31m',
  '\u001b]0;title\u0007',
  '\u009b2J',
  '\r',
  '\n',
  '\t',
  '\u0000',
  '\u007f',
  '\u0085',
  '\u00ad',
  '\u061c',
  '\u200b',
  '\u200f',
  '\u2028',
  '\u202e',
  '\u2067',
  '\ufeff',
  '\ufffe',
  '\ud800',
  '\udc00',
  '\u{e0041}',
  '</bdi>',
  '\nerror: ',
  '\\u{1b}',
  'שלום',
]

/** Texts of any characters, in which affecting characters are frequent. */
export const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...ACTS), fc.string({ unit: 'binary', maxLength: 5 })), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''))
