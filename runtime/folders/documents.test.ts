import { describe, expect, test } from 'vitest'
import { documentText } from './documents.ts'

describe('the text of a document', () => {
  test('parses back to the document, with lists of numbers on a line each', () => {
    const document = {
      numbers: [1, -2.5, 1e-7, null, 1e21],
      rows: [[1, 2], [], [3]],
      texts: ['[\n  1,\n  2\n]', 'a', ''],
      mixed: [1, 'a'],
    }
    const text = documentText(document)
    expect(JSON.parse(text)).toEqual(document)
    expect(text).toContain('"numbers": [1,-2.5,1e-7,null,1e+21]')
    expect(text.endsWith('}\n')).toBe(true)
  })
})
