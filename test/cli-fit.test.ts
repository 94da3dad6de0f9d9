import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Fit, Result } from '../sim/documents/index.ts'
import { printedDocuments } from './printed-documents.ts'
import { changed, ENCODER, MEASURED } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, readJson, temporaryFolder } from './spillway.ts'

/** `spillway fit` on times that were made from known efficiencies. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const { documentOf, published } = printedDocuments(run)

put(folder, 'bert.yaml', ENCODER)
put(folder, 'rows.csv', MEASURED)
const [, ...LINES] = MEASURED.trim().split('\n')

const fitOf = async (...args: string[]) => (await documentOf('fit', ...args)) as Fit

describe('fit', () => {
  test('finds the efficiencies that the times were made from, with their error', async () => {
    const isFit = await published('fit')
    const document = await fitOf('bert.yaml', 'rows.csv')
    isFit(document)
    expect(() => isFit({ ...document, fits: [{}] })).toThrow()
    const [fit, ...others] = document.fits
    expect(others).toEqual([])
    const { compute, memory, launch_us, fitted } = fit!.efficiency
    const near = (value: number, actual: number) =>
      expect(Math.abs(value / actual - 1)).toBeLessThan(0.15)
    near(compute, 0.5)
    near(memory, 0.65)
    near(launch_us, 8)
    expect(fitted).toMatchObject({ batch: [1, 32], length: [32, 384], source: 'rows.csv' })
    expect(fitted.error).toBeLessThan(0.05)
    expect(fit).toMatchObject({ rows: 12, cells: 12, confidence: 'usable', of_pool: true })
    expect(fit!.regions.reduce((sum, { rows }) => sum + rows, 0)).toBe(12)
    expect(fit!.worst_rows).toHaveLength(5)
    expect(fit!.shapes.map(({ name }) => name)).toEqual(['plain', 'saturating', 'soft'])
  })

  test('prints what was tried, how sure it is, and last a part for the scenario', async () => {
    const { code, stdout, stderr } = await run('fit', 'bert.yaml', 'rows.csv')
    expect(code).toBe(0)
    expect(stderr).toContain('note: rows.csv: columns `batch`, `length`, `ms`\n')
    expect(stdout).toMatch(/^bert on t4, pool gpu, fitted to rows\.csv\n/)
    expect(stdout).toMatch(/^left out in turn +12 +[\d.]+ %/m)
    expect(stdout).toMatch(/^ {2}compute-bound +\d+ /m)
    expect(stdout).toMatch(/^plain .* chosen$/m)
    expect(stdout).toMatch(/^line \d+ +\d+ +\d+ /m)
    expect(stdout).toContain('Usable between the measured rows.')
    const { efficiency } = parse(stdout.slice(stdout.indexOf('\nefficiency:'))) as {
      efficiency: object
    }
    const [fit] = (await fitOf('bert.yaml', 'rows.csv')).fits
    expect(efficiency).toEqual({ ...fit!.efficiency, alternatives: undefined })
    expect(stdout).toMatch(/^# and 39 alternatives of resampled rows: --out FOLDER writes them$/m)
  })

  test('states how wide it is and which laws fit as well, which a scenario may include', async () => {
    const ended = await run('fit', 'bert.yaml', 'rows.csv', '--out', 'wide')
    expect(ended.code, ended.stderr).toBe(0)
    const { width, error } = (await fitOf('bert.yaml', 'rows.csv')).fits[0]!.efficiency.fitted
    expect(width!).toBeGreaterThan(error)
    expect(ended.stdout.replaceAll('\n', ' ')).toMatch(
      /95 % of times at a size that was not measured are within ± [\d.]+ %\./,
    )
    const yaml = readFileSync(join(folder, 'wide/fitted.yaml'), 'utf8')
    expect(yaml.match(/^ +- \{ compute: /gm)).toHaveLength(39)
    const args = ['simulate', 'wide/fitted.yaml', '--replications', '2']
    const alone = (await documentOf(...args)) as Result
    expect(alone.uncertainty).toBeUndefined()
    const wider = (await documentOf(...args, '--set', 'uncertain.sources=included')) as Result
    const { inputs } = wider.uncertainty!
    expect(inputs.map(({ name, source }) => [name, source])).toEqual([
      ['speed of bert', 'fit'],
      ['laws of bert', 'fit'],
    ])
    expect(inputs[0]!.high).toBeCloseTo(1 + width!, 2)
    expect(inputs[1]!.laws).toBe(40)
    expect(wider.scenario.hash).not.toBe(alone.scenario.hash)
  })

  test('--out writes a scenario that extends the given one, and states the error', async () => {
    const ended = await run('fit', 'bert.yaml', 'rows.csv', '--out', 'fit')
    expect(ended.code, ended.stderr).toBe(0)
    expect(filesIn(join(folder, 'fit'))).toEqual(['fit.json', 'fitted.yaml'])
    const { fits } = readJson(join(folder, 'fit/fit.json')) as Fit
    const path = join('fit', 'fitted.yaml')
    const result = (await documentOf('simulate', path, '--replications', '2')) as Result
    const [times] = result.assumptions.batch_times
    const { error, worst } = fits[0]!.efficiency.fitted
    expect(times!.error).toEqual({ of: 'fit', median: error, worst })
    expect(result.warnings.join()).not.toContain('extrapolated')
    const wide = await run('simulate', path, '--set', 'pools.gpu.batching.max_batch=64')
    const text = 'times of bert are extrapolated for batches of 1 to 64 requests (fitted: 1 to 32)'
    expect(wide.stdout).toContain(text)
    // what the scenario states, and the fit has not, is removed
    const stale = 'efficiency: { sharpness: 3, fitted: { error: 0.9, length: [1, 2] } }'
    put(folder, 'soft.yaml', changed(ENCODER, ['30522', `30522, ${stale}`]))
    await run('fit', 'soft.yaml', 'rows.csv', '--out', 'again')
    const again = (await documentOf(
      'simulate',
      'again/fitted.yaml',
      '--replications',
      '1',
    )) as Result
    const stated = again.assumptions.values.map((value) => value.path)
    expect(stated.filter((name) => name.endsWith('sharpness'))).toEqual([])
  })

  test('finds jitter and rare slow runs in percentiles, and writes them into the scenario', async () => {
    // of a lognormal with cv 0.06, 2 % of which take 3 times as long, over the mean
    const scatter = [1, 0.962, 1.044, 1.079, 2.885]
    const head = 'batch,length,ms,p50_ms,p90_ms,p95_ms,p99_ms'
    const rows = LINES.map((line) => {
      const ms = Number(line.split(',')[2])
      return [...line.split(',').slice(0, 2), ...scatter.map((by) => ms * by)].join(',')
    })
    put(folder, 'tails.csv', [head, ...rows].join('\n'))
    const [{ residual }] = (await fitOf('bert.yaml', 'tails.csv')).fits as [Fit['fits'][number]]
    expect(residual).toMatchObject({ from: 'percentiles', ratio: 'p99 over p50', cells: 12 })
    expect(residual.left_out!.median).toBeLessThan(0.05)
    expect(Math.abs(residual.slow!.factor / 3 - 1)).toBeLessThan(0.1)
    expect(Math.abs(residual.slow!.share / 0.02 - 1)).toBeLessThan(0.3)
    const ended = await run('fit', 'bert.yaml', 'tails.csv', '--out', 'tails')
    expect(ended.stdout).toMatch(/^slow .* chosen: cv 0\.0\d+, [\d.]+ % take [\d.]+x$/m)
    const result = (await documentOf(
      'simulate',
      'tails/fitted.yaml',
      '--replications',
      '1',
    )) as Result
    const { cv, slow } = residual
    expect(result.assumptions.batch_times[0]!.residual).toMatchObject({ cv, slow })
  })

  test('states that residuals are unknown, and leaves what the scenario states', async () => {
    const [fit] = (await fitOf('bert.yaml', 'rows.csv')).fits
    expect(fit!.residual).toMatchObject({ from: null, cv: null, slow: null, left_out: null })
    const { stdout } = await run('fit', 'bert.yaml', 'rows.csv')
    expect(stdout).toContain('Residuals are unknown')
    expect(stdout).not.toMatch(/^(cv|slow):/m)
  })

  test('a residual without slow ones removes those that the scenario states', async () => {
    const rare = 'slow: { share: 0.01, factor: 9 }'
    put(folder, 'slow.yaml', changed(ENCODER, ['30522', `30522, ${rare}`]))
    const even = LINES.map((line) => `${line},${line.split(',')[2]},${line.split(',')[2]}`)
    put(folder, 'even.csv', ['batch,length,ms,p50,p99', ...even].join('\n'))
    await run('fit', 'slow.yaml', 'even.csv', '--out', 'even')
    const path = join('even', 'fitted.yaml')
    const result = (await documentOf('simulate', path, '--replications', '1')) as Result
    expect(result.assumptions.batch_times[0]!.residual).toBeUndefined()
    const stated = (await documentOf('simulate', 'slow.yaml', '--replications', '1')) as Result
    expect(stated.assumptions.batch_times[0]!.residual!.slow).toEqual({ share: 0.01, factor: 9 })
  })

  test('negative control: shuffled times have a large error, which the text states', async () => {
    const times = LINES.map((line) => line.split(',')[2])
    const shuffled = LINES.map((line, i) =>
      line.replace(/[^,]*$/, times[(5 * i + 7) % times.length]!),
    )
    put(folder, 'shuffled.csv', ['batch,length,ms', ...shuffled].join('\n'))
    const [fit] = (await fitOf('bert.yaml', 'shuffled.csv')).fits
    expect(fit!.left_out.median).toBeGreaterThan(0.5)
    expect(fit!.confidence).toBe('poor')
    const { code, stdout } = await run('fit', 'bert.yaml', 'shuffled.csv')
    expect(code).toBe(0)
    expect(stdout).toContain('Poor: do not decide by it.')
  })

  test('requests/s and tokens/s are times, and so are seconds', async () => {
    const reference = await fitOf('bert.yaml', 'rows.csv')
    const write = (head: string, value: (batch: number, length: number, ms: number) => number) => {
      const rows = LINES.map((line) => {
        const [batch, length, ms] = line.split(',').map(Number) as [number, number, number]
        return `${batch},${length},${value(batch, length, ms)}`
      })
      put(folder, 'other.csv', [`batch_size,seq_len,${head}`, ...rows].join('\n'))
      return fitOf('bert.yaml', 'other.csv')
    }
    const { efficiency: expected } = reference.fits[0]!
    const ways = [
      () => write('requests/s', (batch, _, ms) => (1000 * batch) / ms),
      () => write('tokens_per_s', (batch, length, ms) => (1000 * batch * length) / ms),
      () => write('latency_s', (_, __, ms) => ms / 1000),
    ]
    for (const way of ways) {
      const { efficiency } = (await way()).fits[0]!
      expect(efficiency.compute).toBeCloseTo(expected.compute, 2)
      expect(efficiency.launch_us).toBeCloseTo(expected.launch_us, 0)
    }
  })

  test('precisions are fitted apart, that of the pool first', async () => {
    const rows = LINES.flatMap((line) => {
      const slowed = line.replace(/[^,]*$/, (ms) => `${6 * Number(ms)}`)
      return [
        `${slowed},FP32,a`,
        `${line},FP16,a`,
        `${line},fp8,a`,
        `${line},INT8-v2,a`,
        `${slowed},fp16,b`,
      ]
    })
    put(folder, 'many.csv', ['batch,length,ms,precision,card', ...rows].join('\n'))
    const document = await fitOf('bert.yaml', 'many.csv', '--where', 'card=a')
    expect(document).toMatchObject({ rows: 48, left_out: 12, where: ['card=a'] })
    expect(document.fits.map(({ precision }) => precision)).toEqual(['fp16', 'fp32'])
    expect(document.not_fitted.map(({ precision, why }) => `${precision}: ${why}`)).toEqual([
      'fp8: t4 does not compute at fp8',
      "INT8-v2: no precision of a scenario; set that of the pool, and add --where 'precision=INT8-v2'",
    ])
    const alone = await fitOf('bert.yaml', 'rows.csv')
    expect(document.fits[0]!.parameters).toEqual(alone.fits[0]!.parameters)
    const set = ['--set', 'pools.gpu.precision=int8', '--where', 'precision=INT8-v2']
    const int8 = await fitOf('bert.yaml', 'many.csv', ...set)
    expect(int8.fits.map(({ precision, rows: n }) => [precision, n])).toEqual([['int8', 12]])
  })

  test('a decoder is fitted to decode steps and to prefill', async () => {
    const dimensions =
      'layers: 32, hidden: 4096, heads: 32, feed_forward: 11008, gated: true, vocabulary: 32000'
    const decoder = changed(
      ENCODER,
      [/transformer-encoder.*vocabulary: 30522/, `transformer-decoder, ${dimensions}`],
      ['accelerator: t4', 'accelerator: a100-sxm-80'],
      ['max: 384 }', 'max: 384 }\n    output_tokens: { distribution: fixed, value: 9 }'],
      [/batching:.*/, 'generation: { policy: continuous, max_sequences: 64 }'],
    )
    put(folder, 'llama.yaml', decoder)
    // bytes over 70 % of 2039 GB/s, and FLOPs over 60 % of 312 TFLOP/s, roughly
    const steps = [1, 8, 32].flatMap((n) =>
      [128, 1024].map((context) => `${n},${context},0,${9.4 + (n * context * 0.52) / 1427}`),
    )
    const prefills = [256, 1024, 4096].map((tokens) => `,,${tokens},${(tokens * 13.5) / 187}`)
    put(
      folder,
      'steps.csv',
      ['sequences,context,prefill_tokens,ms', ...steps, ...prefills].join('\n'),
    )
    const [fit] = (await fitOf('llama.yaml', 'steps.csv')).fits
    expect(fit!.efficiency.fitted).toMatchObject({
      batch: [1, 32],
      length: [128, 1024],
      prefill_tokens: [256, 4096],
    })
    expect(fit!.left_out.median).toBeLessThan(0.1)
    const { stdout } = await run('fit', 'llama.yaml', 'steps.csv')
    expect(stdout).toMatch(/predicted worst +sequences +context +prefill/)
  })
})

describe('an engine at several concurrencies', () => {
  const DECODER = `spillway: 1
name: llama
duration_s: 60
models:
  llama:
    work:
      law: transformer-decoder
      layers: 32
      hidden: 4096
      heads: 32
      kv_heads: 8
      feed_forward: 14336
      gated: true
      vocabulary: 128256
      efficiency: { compute: 0.5, memory: 0.7, launch_us: 5 }
traffic:
  - class: chat
    arrivals: { process: closed-loop, users: 1, think_time_s: { distribution: fixed, value: 0 } }
    input_tokens: { distribution: uniform, min: 100, max: 700 }
    output_tokens: { distribution: uniform, min: 50, max: 350 }
pools:
  - { name: gpu, model: llama, accelerator: h100-sxm, precision: fp16, generation: { policy: continuous, max_sequences: 512 } }
`

  test('tells the efficiencies of its steps, and nothing of a single prompt', async () => {
    put(folder, 'llama.yaml', DECODER)
    const rows = []
    for (const users of [1, 4, 8, 16, 32, 64, 128, 256]) {
      const set = ['--set', `traffic.0.arrivals.users=${users}`, '--replications', '1']
      const result = (await documentOf('simulate', 'llama.yaml', ...set)) as Result
      rows.push(`${users},400,200,${200 * result.classes[0]!.throughput_rps!.value!}`)
    }
    const header = 'concurrency,prompt_tokens,output_tokens,output_tokens_per_s'
    put(folder, 'served.csv', [header, ...rows].join('\n'))
    const [fit] = (await fitOf('llama.yaml', 'served.csv')).fits
    const { compute, memory, launch_us, fitted } = fit!.efficiency
    expect(Math.abs(compute / 0.5 - 1)).toBeLessThan(0.12)
    expect(Math.abs(memory / 0.7 - 1)).toBeLessThan(0.03)
    expect(Math.abs(launch_us / 5 - 1)).toBeLessThan(0.2)
    expect(fitted).toMatchObject({
      batch: [1, 256],
      length: [400, 600],
      // 256 requests with answers of 200 tokens take in 1.28 prompts a step
      prefill_tokens: [400, 512],
    })
    expect(fit!.left_out.median).toBeLessThan(0.03)
    expect(fit!.sure).toContain('Each row is the mean step of an engine')
  })

  test('is not taken for steps without prompts, which are named', async () => {
    put(folder, 'llama.yaml', DECODER)
    put(folder, 'bare.csv', 'concurrency,tokens_per_s\n1,128\n8,980\n')
    const refused = await run('fit', 'llama.yaml', 'bare.csv')
    expectRefusal(refused, 2, folder)
    expect(refused.stderr).toMatch(
      /set --columns input_tokens=NAME.*\n.*set --columns output_tokens=NAME/,
    )
    const steps = [1, 2, 4, 8, 16, 32].map((n) => `${n},500,${7.6 + n / 20}`)
    put(folder, 'steps.csv', ['sequences,context,ms', ...steps].join('\n'))
    const [fit] = (await fitOf('llama.yaml', 'steps.csv')).fits
    expect(fit!.sure).toContain('No row has tokens of prompts')
  })
})

describe('fit refuses', () => {
  const refusal = async (csv: string, ...options: string[]) => {
    put(folder, 'bad.csv', csv)
    const ended = await run('fit', 'bert.yaml', 'bad.csv', ...options)
    return { ended, lines: ended.stderr.trimEnd().split('\n') }
  }

  test('bad rows, each with its line', async () => {
    const { ended, lines } = await refusal(`${MEASURED}1,x,3\n2,32\n4,64,-1\n`)
    expectRefusal(ended, 3, folder)
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([
      'error: bad.csv:14: expected a whole number from 1 to 1000000000 in length, got "x"',
      'error: bad.csv:15: expected 3 fields as in the header, got 2',
      'error: bad.csv:16: expected a number above 0 in ms, got "-1"',
    ])
  })

  test('columns that are missing or that may be either, with the option to set', async () => {
    const missing = await refusal('size,length,a_ms,b_ms\n1,2,3,4\n')
    expectRefusal(missing.ended, 2, folder)
    expect(missing.lines).toEqual([
      'error: bad.csv: `a_ms` and `b_ms` may each be the time of a batch or step; set --columns ms=NAME to one of them',
      'error: bad.csv: no column is recognised as requests of a batch, or sequences that decode in a step; set --columns batch=NAME; got size, length, a_ms, b_ms',
    ])
    const wrong = await refusal(MEASURED, '--columns', 'ms=mss')
    expect(wrong.lines).toEqual([
      'error: bad.csv: --columns ms=NAME: expected one of batch, length, ms, got "mss"; did you mean ms?',
    ])
  })

  test('too few rows, and says how many it needs', async () => {
    const { ended, lines } = await refusal(MEASURED.split('\n').slice(0, 6).join('\n'))
    expectRefusal(ended, 5, folder)
    expect(lines.at(-1)).toBe(
      'error: bad.csv: expected at least 6 different batches and lengths at fp16, got 5; measure more of those that the traffic has',
    )
  })

  test('a scenario without a transformer, and an unknown pool', async () => {
    const linear = changed(
      ENCODER,
      [/transformer-encoder.*/, 'linear, base_ms: 1, per_token_ms: 1 } }'],
      [/ {4}accelerator.*\n.*precision.*\n/, ''],
    )
    put(folder, 'linear.yaml', linear)
    const ended = await run('fit', 'linear.yaml', 'rows.csv')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain('no pool has one')
    const { lines } = await refusal(MEASURED, '--pool', 'gpo')
    expect(lines).toEqual([
      'error: --pool: expected a pool with a transformer (gpu), got gpo; did you mean gpu?',
    ])
  })
})
