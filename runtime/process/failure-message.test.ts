import { constants } from 'node:buffer'
import { expect, test } from 'vitest'
import { Failure } from '../../scenarios/index.ts'
import { allocationFailure } from '../folders/system-refusal.ts'
import { failureMessage } from './failure-message.ts'

const thrownBy = (act: () => unknown): unknown => {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('Expected an error')
}

test.each([
  ['a buffer', () => new ArrayBuffer(2 ** 53 - 1)],
  ['a shared buffer', () => new SharedArrayBuffer(2 ** 53 - 1)],
  ['a typed array', () => new Float64Array(2 ** 53 - 1)],
  ['a list', () => new Array(2 ** 32)],
  ['a string', () => 'x'.repeat(constants.MAX_STRING_LENGTH + 1)],
  ['a text', () => Buffer.alloc(constants.MAX_STRING_LENGTH + 1).toString('latin1')],
])('%s that is too large is reported as out of memory, here and in a thread', (_, act) => {
  const error = thrownBy(act)
  expect(allocationFailure(error)).toBeInstanceOf(Failure)
  expect(allocationFailure(error)?.message).toMatch(/^memory ran out \(.+\); fewer requests/)
  expect(failureMessage(error)).toMatchObject({ kind: 'failed', exitCode: 3 })
})

test('other errors are not allocation failures', () => {
  for (const act of [() => JSON.parse('{'), () => (1).toFixed(101), () => ''.repeat(-1)]) {
    expect(allocationFailure(thrownBy(act))).toBeNull()
  }
  expect(allocationFailure(undefined)).toBeNull()
})
