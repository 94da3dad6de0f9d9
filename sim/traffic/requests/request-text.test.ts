import { describe, expect, test } from 'vitest'
import { Failure } from '../../../scenarios/failure.ts'
import { RequestList } from './request-list.ts'
import { parseRequests, requestText } from './request-text.ts'

const CLASSES = ['web', 'batch.v2', 'x']

function problemsOf(...text: string[]): readonly string[] {
  try {
    parseRequests(text, CLASSES, 'r.jsonl')
  } catch (error) {
    if (error instanceof Failure) return error.problems
    throw error
  }
  return []
}

const line = (at: unknown, name: unknown, length: unknown) =>
  JSON.stringify({ at_ms: at, class: name, input_tokens: length })

describe('requests as text', () => {
  test('are chunks of whole lines', () => {
    const many = RequestList.allocate(2500)
    many.columns.inputTokens.fill(1)
    const chunks = [...requestText(many, CLASSES)]
    expect(chunks).toHaveLength(3)
    expect(chunks.every((chunk) => chunk.endsWith('\n'))).toBe(true)
    expect(parseRequests(chunks.join('').split('\n'), CLASSES, 'r').hash()).toBe(many.hash())
  })

  test.each([
    ['nonsense', 'expected a JSON object, got nonsense'],
    ['null', 'at_ms: expected a number of at least 5, in order of time, got nothing'],
    [line('5', 'x', 1), 'at_ms: expected a number of at least 5, in order of time, got "5"'],
    [line(4.5, 'x', 1), 'at_ms: expected a number of at least 5, in order of time, got 4.5'],
    [
      '{"at_ms":1e999,"class":"x","input_tokens":1}',
      'at_ms: expected a number of at most 10000000000, got Infinity',
    ],
    [line(6, 'y', 1), 'class: expected one of web, batch.v2, x, got "y"'],
    [line(6, ['x'], 1), 'class: expected one of web, batch.v2, x, got ["x"]'],
    [line(6, undefined, 1), 'class: expected one of web, batch.v2, x, got nothing'],
    [line(6, 'x', 0), 'input_tokens: expected a whole number from 1 to 1000000000, got 0'],
    [line(6, 'x', 1.5), 'input_tokens: expected a whole number from 1 to 1000000000, got 1.5'],
    [
      line(6, 'x', 3e9),
      'input_tokens: expected a whole number from 1 to 1000000000, got 3000000000',
    ],
    [line(6, 'x', '7'), 'input_tokens: expected a whole number from 1 to 1000000000, got "7"'],
  ])('a bad line is reported: %s', (bad, problem) => {
    expect(problemsOf(line(5, 'web', 1), bad)).toEqual([`r.jsonl:2: ${problem}`])
  })

  test('the first ten bad lines are reported', () => {
    const good = line(1, 'x', 1)
    expect(problemsOf('a', good, '', 'b').map((text) => text.slice(0, 10))).toEqual([
      'r.jsonl:1:',
      'r.jsonl:4:',
    ])
    expect(problemsOf(...new Array<string>(50).fill('a'))).toHaveLength(10)
  })

  test('a time beyond any run is an error', () => {
    const late = (at: string) => `{"at_ms":${at},"class":"x","input_tokens":1}`
    expect(problemsOf(late('1e300'))).toEqual([
      'r.jsonl:1: at_ms: expected a number of at most 10000000000, got 1e+300',
    ])
    expect(problemsOf(late('1e999'))).toHaveLength(1)
    expect(parseRequests([late('1e10')], ['x'], 'r.jsonl').count).toBe(1)
  })

  test('a file may be empty, as that of a run without traffic', () => {
    expect(parseRequests([''], ['x'], 'r.jsonl').count).toBe(0)
  })
})
