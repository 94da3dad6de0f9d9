import { describe, expect, test } from 'vitest'
import type { Sweep, SweepAnswer, Verdict } from '../../sim/documents/index.ts'
import { sweepHtml } from '../page/sweep-page.ts'
import { invalidRow, sampleRow, sampleSweep } from '../sample-sweep.test-helper.ts'
import { shortPaths } from '../tables/sweep-rows.ts'
import { sweepText } from './sweep-text.ts'

const lines = (...given: Parameters<typeof sweepText>) => sweepText(...given).split('\n')

test('the answer is the cheapest configuration that holds, and the table has the best first', () => {
  const [answer, , header, first, ...rest] = lines(sampleSweep(), 'runs/a')
  expect(answer).toBe(
    '4 of 8 configurations hold every objective; the cheapest is no. 5 (replicas 3, max_batch 4, 6 USD an hour): web p(95) latency_ms 50 [45, 55] ms, limit 60 ms',
  )
  expect(header).toMatch(/^no\. +replicas +max_batch +verdict +p\(95\) latency_ms +goodput +load/)
  expect(first).toMatch(/^ +6 +3 +8 +PASS/)
  expect(rest[4]).toMatch(/^ +2 .*FAIL +– +99/)
  expect(rest.join('\n')).toContain('Best first: by verdict, then price, then latency.')
})

test('without prices, replicas stand for the cost; without those, the fastest is named', () => {
  expect(lines(sampleSweep({ price: null }), null)[0]).toContain(
    'the one with the fewest replicas is',
  )
  const same = sampleSweep({ price: null }).rows.slice(4, 6)
  expect(lines(sampleSweep({ price: null, rows: same }), null)[0]).toMatch(
    /^All 2 configurations hold every objective; the fastest is/,
  )
})

test('the answer states what is open', () => {
  const row = (verdict: 'FAIL' | 'UNDECIDED' | null) =>
    sampleRow(1, ['1', '4'], { ms: 10, verdict, replicas: 1, usd: 2 })
  const answer = (...rows: Parameters<typeof sampleRow>[] | ReturnType<typeof row>[]) =>
    lines(sampleSweep({ rows: rows as ReturnType<typeof row>[] }), null)[0]
  expect(answer(row('UNDECIDED'))).toMatch(/^None of 1 configuration certainly .*, 1 undecided; /)
  const open = row('UNDECIDED')
  const [line] = open.figures!.objectives
  const reason = 'its interval holds the limit'
  const estimate = { ...line!.estimate, reason }
  const told = { ...open.figures!, objectives: [{ ...line!, estimate, deciding_duration_s: 900 }] }
  expect(answer({ ...open, figures: told })).toMatch(
    /latency_ms < \d+ is undecided: its interval holds the limit; duration_s of about 900 would decide$/,
  )
  expect(answer(row('FAIL'))).toMatch(/^None of 1 configuration certainly holds every objective; /)
  const none = lines(sampleSweep({ rows: [invalidRow(1, ['0', '4'])] }), null)
  expect(none[0]).toBe('None of 1 configuration could be simulated: expected less\n'.trim())
  expect(none.at(-1)).toBe('Without figures: 1 invalid; their rows have the reason')
})

test('of many rows the best are shown, with where the others are', () => {
  const rows = Array.from({ length: 40 }, (_, i) =>
    sampleRow(i + 1, [String(i), '4'], { ms: 100 - i, verdict: 'PASS', replicas: 1, usd: 2 }),
  )
  expect(lines(sampleSweep({ rows }), 'runs/a')).toContain('… 10 more in runs/a')
  expect(lines(sampleSweep({ rows }), null)).toContain('… 10 more; keep them with --out DIR')
})

test('paths are cut to what tells them apart', () => {
  expect(shortPaths(['pools.a.replicas', 'pools.b.replicas', 'seed', 'traffic.0.x'])).toEqual([
    'a.replicas',
    'b.replicas',
    'seed',
    'x',
  ])
})

test('the page has the answer, the charts, the table and the command; foreign text is escaped', async () => {
  const rows = [...sampleSweep().rows, invalidRow(9, ['<b>5</b>', '4'])]
  const page = await sweepHtml(sampleSweep({ rows }))
  for (const chart of ['sweep-lines', 'sweep-front'])
    expect(page).toContain(`<figure id="${chart}">`)
  expect(page).toContain('4 of 9 configurations hold every objective')
  expect(page).toContain('&lt;b&gt;5&lt;/b&gt;')
  expect(page).not.toContain('<b>5</b>')
  expect(page).toContain(
    'spillway sweep shop.yaml --set duration_s=60 --set pools.central.replicas=1,2,3,4',
  )
})

describe('an answer with uncertain inputs', () => {
  const wide = (low: number, high: number, p_holds: number) => ({
    interval: 'inputs' as const,
    with_inputs: { low, high, p_holds, verdict_by_draws: 'PASS' as const },
  })
  const tried = (number: number, verdict: Verdict, p: number) => {
    const sample = sampleSweep()
    const { objectives } = sample.rows.find((row) => row.configuration === number)!.figures!
    return {
      configuration: number,
      verdict,
      p_holds: p,
      objectives: objectives.map((objective) => ({ ...objective, ...wide(30, 70, p), verdict })),
      draws: 64,
      settled: true,
    }
  }
  const answered = (answer: Omit<SweepAnswer, 'interval'>): Sweep => ({
    ...sampleSweep(),
    answer: { interval: 'inputs', ...answer },
    warnings: ['rows are of the stated values'],
  })

  test('names the first that holds with them, and the best at the stated inputs', async () => {
    const sweep = answered({
      configuration: 7,
      tried: [tried(5, 'UNDECIDED', 0.71), tried(6, 'UNDECIDED', 0.8), tried(7, 'PASS', 0.98)],
      untried: 1,
    })
    const text = lines(sweep, null)
    expect(text[0]).toBe(
      '4 of 8 configurations hold every objective at the stated inputs; the cheapest that was found to hold with uncertain inputs, too, is no. 7 (replicas 4, max_batch 4, 8 USD an hour): web p(95) latency_ms 33 [30, 37] ms by draws, [30, 70] ms with uncertain inputs, holds with probability over 97 %, limit 60 ms. With uncertain inputs it holds every objective with a probability of over 97 %. At the stated inputs the cheapest is no. 5 (replicas 3, max_batch 4, 6 USD an hour), which holds every objective with a probability of 71 %; of those tried 1 more does not hold',
    )
    const rows = text.slice(text.findIndex((line) => /^no\. .*with uncertain inputs/.test(line)))
    expect(rows[1]).toMatch(/^ +5 +3 +4 +UNDECIDED +\[30, 70\] ms +71 % +64$/)
    const page = await sweepHtml(sweep)
    expect(page).toContain('<h2>With uncertain inputs</h2>')
    expect(page).toContain('class="verdict PASS"')
  })

  test('is none where none that was tried holds', async () => {
    const sweep = answered({
      configuration: null,
      tried: [tried(5, 'UNDECIDED', 0.71), tried(6, 'UNDECIDED', 0.8)],
      untried: 2,
    })
    expect(lines(sweep, null)[0]).toMatch(
      /^4 of 8 .*; with uncertain inputs none of the 2 that were tried does\. The surest is no\. 6 .*\. With uncertain inputs it holds every objective with a probability of 80 %\. 2 more were not tried$/,
    )
    expect(await sweepHtml(sweep)).toContain('class="verdict UNDECIDED"')
  })

  test('has the reason of one that could not be simulated with them', () => {
    const unknown = { ...tried(5, 'UNDECIDED', 0), p_holds: null, objectives: [], draws: 0 }
    const sweep = answered({
      configuration: null,
      tried: [{ ...unknown, reason: 'a draw is overloaded\nby far' }],
      untried: 3,
    })
    expect(lines(sweep, null)[0]).toContain(
      'the only one that was tried does not. The surest is no. 5',
    )
    expect(lines(sweep, null)[0]).toContain('it could not be simulated: a draw is overloaded …')
  })
})

test('a warning is below the answer, in the terminal and on the page', async () => {
  const warned = { ...sampleSweep(), warnings: ['some inputs are <uncertain>'] }
  expect(lines(warned, null)[1]).toBe('warning: some inputs are <uncertain>')
  expect(await sweepHtml(warned)).toContain('<li>some inputs are &lt;uncertain&gt;</li>')
})
