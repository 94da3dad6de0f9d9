import { expect, test } from 'vitest'
import { indexedWords, queriedWords } from './search-words.ts'

test('a key is indexed as a whole and in parts', () => {
  expect(indexedWords('pools.0.batching.max_batch=8, later')).toEqual([
    'pools',
    '0',
    'batching',
    'max_batch',
    'max',
    'batch',
    '8',
    'later',
  ])
})

test('a query for a key asks for the whole key', () => {
  expect(queriedWords(' max_batch, window?')).toEqual(['max_batch', 'window'])
})
