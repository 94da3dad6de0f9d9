import { expect, test } from 'vitest'
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

test('a warning is below the answer, in the terminal and on the page', async () => {
  const warned = { ...sampleSweep(), warnings: ['some inputs are <uncertain>'] }
  expect(lines(warned, null)[1]).toBe('warning: some inputs are <uncertain>')
  expect(await sweepHtml(warned)).toContain('<li>some inputs are &lt;uncertain&gt;</li>')
})
