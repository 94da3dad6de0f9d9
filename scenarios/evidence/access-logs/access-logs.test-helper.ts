import fc from 'fast-check'
import { hostileText } from '../../parse/hostile-text.test-helper.ts'
import { type LineFormat, RecordProblem, type RequestRecord } from '../request-record.ts'
import { ACCESS_LOGS } from './index.ts'

export function formatNamed(name: string): LineFormat {
  const format = ACCESS_LOGS.find((log) => log.name === name)
  if (format?.kind !== 'lines') throw new Error(`expected an access log, got ${name}`)
  return format
}

/** The record of a line that has one. */
export function recordOf(format: LineFormat, line: string): RequestRecord {
  const record = format.reader()(line)
  if (record === null) throw new Error(`expected a record, got none for ${line}`)
  return record
}

/** What a format says against a line. */
export function problemOf(format: LineFormat, line: string): string {
  try {
    format.reader()(line)
  } catch (error) {
    if (error instanceof RecordProblem) return error.message
    throw error
  }
  throw new Error(`expected a problem, got none for ${line}`)
}

/** The formats that a file looks like. */
export const looking = (beginning: string) =>
  ACCESS_LOGS.filter(({ looksLike }) => looksLike(beginning)).map(({ name }) => name)

/** Parts of lines, as a client would write them into its paths, names and headers. */
export const PIECES = [
  ...[
    ' - ',
    ' [',
    '] "',
    '"',
    '" ',
    '\\',
    '\\"',
    '\\x22',
    ' ',
    '- -',
    '|',
    '{',
    '} {',
    '/',
    ', ',
    ' : ',
  ],
  ...[
    ' 200 1 ',
    ' 0.001',
    ' 1.5',
    ' 1/1/1/1/1',
    ' 0/0 ',
    ' ---- 1/1/1/1/0 0/0 ',
    ' HTTP/1.1" 200 ',
  ],
  ...['[03/Dec/2025:06:03:07 +0000]', '[03/Dec/2025:06:03:07.123]', '2025-12-03T06:03:07.123456Z'],
  ...[
    '1764741780.123',
    '"msec":"1.000"',
    '%22',
    '#22',
    '\u001b[31m',
    '\n',
    '\u0000',
    '\ud800',
    'é',
  ],
]

export const clientText = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), hostileText), { maxLength: 8 })
  .map((parts) => parts.join(''))

const bytesOf = (text: string) => [...Buffer.from(text)]

/** Text as a server writes it: some bytes as the hexadecimal code behind a prefix. */
const encoded = (text: string, prefix: string, characters: string) =>
  bytesOf(text)
    .map((byte) => {
      const character = String.fromCharCode(byte)
      const isPlain = byte >= 32 && byte < 127 && !characters.includes(character)
      return isPlain ? character : prefix + byte.toString(16).toUpperCase().padStart(2, '0')
    })
    .join('')

/** As nginx and the Application Load Balancer write it. */
export const backslashed = (text: string) => encoded(text, '\\x', '"\\')

/** As haproxy writes requests and captured headers. */
export const hashed = (text: string) => encoded(text, '#', '"#{|}')
