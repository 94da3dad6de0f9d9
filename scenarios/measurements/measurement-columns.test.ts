import { describe, expect, test } from 'vitest'
import { Failure } from '../failure.ts'
import { guessColumns, namedMeasure } from './measurement-columns.ts'

const key = (name: string) => `--columns ${name}=NAME`
const encoder = { decodes: false, key }
const decoder = { decodes: true, key }

function problemsOf(...args: Parameters<typeof guessColumns>): readonly string[] {
  try {
    guessColumns(...args)
    return []
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return error.problems
  }
}

describe('names of columns', () => {
  test.each([
    ['batch', 'batch'],
    ['batch_size', 'batch'],
    ['seq', 'length'],
    ['seqLen', 'length'],
    ['input_tokens', 'length'],
    ['latency_ms', 'ms'],
    ['ms', 'ms'],
    ['time_us', 'ms'],
    ['requests/s', 'throughput_rps'],
    ['ft_seq_per_s', 'throughput_rps'],
    ['tokens_per_s', 'tokens_per_s'],
    ['dtype', 'precision'],
    ['gpu', null],
    ['padding_speedup', null],
  ])('%s of an encoder is %s', (name, measure) => {
    expect(namedMeasure(name, 'batch')).toBe(measure)
  })

  test.each([
    ['sequences', 'batch'],
    ['context', 'length'],
    ['context_tokens', 'length'],
    ['num_tokens', 'prefill_tokens'],
    ['prompt_tokens', 'prefill_tokens'],
    ['all_layers_ms', 'ms'],
  ])('%s of a decoder is %s', (name, measure) => {
    expect(namedMeasure(name, 'step')).toBe(measure)
  })

  test.each([
    ['max_concurrency', 'concurrency'],
    ['users', 'concurrency'],
    ['prompt_tokens', 'input_tokens'],
    ['mean_output_tokens', 'output_tokens'],
    ['output_tokens_per_s', 'tokens_per_s'],
    ['requests/s', 'throughput_rps'],
    ['total_tokens_per_s', null],
    ['prompt_tokens_per_s', null],
    ['ttft_ms', null],
    ['itl_p99_ms', null],
  ])('%s of an engine is %s', (name, measure) => {
    expect(namedMeasure(name, 'engine')).toBe(measure)
  })
})

test('what is stated is not guessed, and what is guessed is said', () => {
  const header = ['batch', 'length', 'a_ms', 'b_us']
  const guess = guessColumns(header, { ms: 'b_us' }, encoder)
  expect(guess.columns).toEqual({ batch: 'batch', length: 'length', ms: 'b_us' })
  expect(guess.msPerUnit('b_us')).toBe(0.001)
  expect(guess.said).toBe('columns `batch`, `length`')
  expect(guessColumns(['bs', 'len', 'time'], {}, encoder).said).toBe(
    'columns `bs` as batch, `len` as length, `time` as ms (ms assumed)',
  )
})

test('a time comes before a throughput, so that a table may have both', () => {
  const header = ['batch', 'length', 'ms', 'requests_per_s', 'tokens_per_s']
  const { columns } = guessColumns(header, {}, encoder)
  expect(columns).toEqual({ batch: 'batch', length: 'length', ms: 'ms' })
})

test('a decoder needs sequences with their contexts, or prompts', () => {
  const { columns } = guessColumns(['num_tokens', 'ms'], {}, decoder)
  expect(columns).toEqual({ prefill_tokens: 'num_tokens', ms: 'ms' })
  expect(problemsOf(['sequences', 'ms'], {}, decoder).join()).toContain('set --columns length=NAME')
  expect(problemsOf(['sequences', 'context', 'rps'], {}, decoder).join()).toContain(
    'leave the time of a step open',
  )
})

test('a table by concurrency is of an engine, and needs prompts, answers and throughput', () => {
  const header = ['concurrency', 'prompt_tokens', 'output_tokens', 'output_tokens_per_s', 'ttft_ms']
  const { columns, kind } = guessColumns(header, {}, decoder)
  expect(kind).toBe('engine')
  expect(columns).toEqual({
    concurrency: 'concurrency',
    input_tokens: 'prompt_tokens',
    output_tokens: 'output_tokens',
    tokens_per_s: 'output_tokens_per_s',
  })
  expect(problemsOf(['concurrency', 'tokens_per_s'], {}, decoder)).toEqual([
    expect.stringContaining('set --columns input_tokens=NAME'),
    expect.stringContaining('set --columns output_tokens=NAME'),
  ])
  expect(problemsOf(header, { ms: 'ttft_ms' }, decoder)).toContainEqual(
    expect.stringMatching(/^remove --columns ms=NAME/),
  )
  // of an encoder it is no column of a row
  expect(guessColumns(['concurrency', 'batch', 'length', 'ms'], {}, encoder).kind).toBe('batch')
})

test('every problem is named at once', () => {
  expect(problemsOf(['x', 'y'], { ms: 'z' }, encoder)).toEqual([
    expect.stringContaining('--columns ms=NAME: expected one of x, y, got "z"'),
    expect.stringContaining('set --columns batch=NAME'),
    expect.stringContaining('set --columns length=NAME'),
  ])
})

test('percentiles stand beside a mean, and medians alone are the times', () => {
  const header = ['batch', 'length', 'avg_ms', 'lat_p50_ms', 'p90_us', 'p99']
  const { columns, msPerUnit, meanTimes } = guessColumns(header, {}, encoder)
  const percentiles = { p50: 'lat_p50_ms', p90: 'p90_us', p99: 'p99' }
  expect(columns).toEqual({ batch: 'batch', length: 'length', ms: 'avg_ms', ...percentiles })
  expect(header.map(msPerUnit)).toEqual([1, 1, 1, 1, 0.001, 1])
  const medians = guessColumns(['batch', 'length', 'median_ms', 'p99_ms'], {}, encoder)
  expect(medians.columns).toMatchObject({ ms: 'median_ms', p50: 'median_ms', p99: 'p99_ms' })
  expect([meanTimes, medians.meanTimes]).toEqual([true, false])
  const stated = guessColumns(header, { ms: 'lat_p50_ms' }, encoder)
  expect([stated.columns.p50, stated.meanTimes]).toEqual(['lat_p50_ms', false])
})
