import { describe, expect, test } from 'vitest'
import type { Plan, Result, Sweep, Variants } from '../sim/documents/index.ts'
import { printedDocuments } from './printed-documents.ts'
import { changed, ENCODER, MEASURED } from './scenarios.ts'
import { commandsIn, put, temporaryFolder } from './spillway.ts'

/** A fit to rows of a T4 at fp16, used there and elsewhere. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const { documentOf, published } = printedDocuments(run)

const BERT = changed(
  ENCODER,
  ['duration_s: 5', 'duration_s: 120'],
  ['rate_rps: 100', 'rate_rps: 30'],
  ['max_delay_ms: 5', 'max_delay_ms: 1'],
  ['pools:', 'slo: { web: ["p(95) latency_ms < 14"] }\npools:'],
)
put(folder, 'bert.yaml', BERT)
put(folder, 'rows.csv', MEASURED)

const FITTED = 'fit/fitted.yaml'
const fitted = () => run('fit', 'bert.yaml', 'rows.csv', '--out', 'fit')
const A100 = 'pools.gpu.accelerator=a100-sxm-40'
const limited = (ms: number) => ['--set', `slo.web=["p(95) latency_ms < ${ms}"]`]
const FROM = 'the fit of pool gpu is transferred from t4 at fp16'

describe('a fit', () => {
  test('where it was made is not marked, and its objective passes', async () => {
    expect((await fitted()).code).toBe(0)
    const isResult = await published('result')
    const result = (await documentOf('simulate', FITTED, '--replications', '3')) as Result
    isResult(result)
    expect(result.warnings.join()).not.toContain('transferred')
    const [times] = result.assumptions.batch_times
    expect([times!.basis, times!.transferred]).toEqual(['fit', undefined])
    expect(result.objectives[0]!.verdict).toBe('PASS')
  })

  test.each([
    [A100, 'a100-sxm-40 at fp16', '−40 … +55 %', -0.4, 3],
    ['pools.gpu.precision=int8', 't4 at int8', '−64 … +136 %', -0.64, 5.5],
  ])(
    'with %s is marked in result, text and report, and does not pass',
    async (set, at, width, low, limit) => {
      await fitted()
      const isResult = await published('result')
      const args = ['simulate', FITTED, '--set', set, ...limited(limit), '--replications', '3']
      const result = (await documentOf(...args)) as Result
      isResult(result)
      const text = `pool gpu: times of bert are transferred: fitted on t4 at fp16, used on ${at}; transfers of this kind missed by ${width}`
      expect(result.warnings[0]).toContain(text)
      const [times] = result.assumptions.batch_times
      expect(times!.basis).toBe('transferred')
      expect(times!.transferred).toMatchObject({ fitted_on: 't4 at fp16', used_on: at, low })
      expect(times!.error!.of).toBe('transfer')
      expect(times!.error!.median).toBeGreaterThan(0.2)
      const [objective] = result.objectives
      expect(objective!.verdict).toBe('UNDECIDED')
      expect(objective!.estimate.reason).toContain(FROM)
      expect(objective!.estimate.high).toBeLessThan(limit)
      const { stdout } = await run(...args)
      expect(stdout).toContain(`warning: ${text}`)
      expect(stdout).toMatch(/^UNDECIDED .*transferred from t4 at fp16/m)
    },
  )

  test('passes on another card by a margin that is above the width', async () => {
    await fitted()
    const wide = ['--set', A100, ...limited(14)]
    const result = (await documentOf('simulate', FITTED, ...wide, '--replications', '3')) as Result
    expect(result.objectives[0]!.verdict).toBe('PASS')
    expect(result.warnings[0]).toContain('are transferred')
  })

  test('of an earlier version is of an unknown card, and no more', async () => {
    const efficiency = 'efficiency: { compute: 0.5, memory: 0.65, fitted: { error: 0.03 } }'
    put(folder, 'old.yaml', changed(BERT, ['30522', `30522, ${efficiency}`]))
    const result = (await documentOf('simulate', 'old.yaml', '--set', A100)) as Result
    expect(result.warnings.join()).toContain('service times (fitted on an unknown card)')
    expect(result.warnings.join()).not.toContain('transferred')
  })
})

test('a plan over cards recommends none by a fit that is transferred, but by a margin', async () => {
  await fitted()
  const cards = ['--set', 'pools.gpu.accelerator=t4,l4,a100-sxm-40', ...limited(4.5)]
  const isPlan = await published('plan')
  const plan = (await documentOf('plan', FITTED, ...cards)) as Plan
  isPlan(plan)
  const rowOf = (card: string) => plan.rows.find(({ set }) => set.join().endsWith(card))!
  expect(rowOf('l4').figures.transferred).toHaveLength(1)
  expect([rowOf('l4').verdict, rowOf('l4').p_meets, rowOf('l4').figures.verdict]).toEqual([
    'UNDECIDED',
    0,
    'UNDECIDED',
  ])
  expect(rowOf('l4').figures.objectives[0]!.estimate.high).toBeLessThan(4.5)
  expect(rowOf('l4').objectives[0]!.reason).toContain(FROM)
  // with times 1.67 times as long it is still fast enough
  expect([rowOf('a100-sxm-40').verdict, rowOf('a100-sxm-40').figures.verdict]).toEqual([
    'MEETS',
    'PASS',
  ])
  expect(plan.rows[plan.winner!]).toBe(rowOf('a100-sxm-40'))
  expect(plan.notes.join()).toContain('configurations that were simulated have times that are')
  const { stdout } = await run('plan', FITTED, ...cards)
  expect(stdout).toMatch(/ transferred /)
  expect(stdout).toMatch(/^The cheapest .* measure them before you rely on it\.$/m)
})

test('sweeps and variants mark it, and a table has it as a column', async () => {
  await fitted()
  const cards = ['--set', 'pools.gpu.accelerator=t4,l4', ...limited(5.5)]
  const sweep = (await documentOf(
    'sweep',
    FITTED,
    ...cards,
    '--replications',
    '3',
    '--out',
    'cards',
  )) as Sweep
  const marked = sweep.rows.map(({ values, figures }) => [
    values[0],
    figures!.transferred?.length ?? 0,
    figures!.verdict,
  ])
  expect(marked.sort()).toEqual([
    ['l4', 1, 'UNDECIDED'],
    ['t4', 0, 'PASS'],
  ])
  const sides = ['--variant', 't4:', '--variant', 'l4: pools.gpu.accelerator=l4']
  const variants = (await documentOf('variants', FITTED, ...sides, ...limited(5.5))) as Variants
  expect(variants.variants.map(({ row }) => row.verdict)).toEqual(['PASS', 'UNDECIDED'])
  expect(variants.warnings.join()).toMatch(/l4: pool gpu: times of bert are transferred/)
})
