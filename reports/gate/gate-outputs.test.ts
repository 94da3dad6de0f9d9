import { describe, expect, test } from 'vitest'
import type { Gate, GateCase, GateMetric } from '../../sim/documents/index.ts'
import { type EndedGate, endedAnnotations, endedJunit, endedMarkdown } from './ended-gate.ts'
import { gateAnnotations } from './gate-annotations.ts'
import { gateCsv, isGateCsv } from './gate-csv.ts'
import { gateJunit } from './gate-junit.ts'
import { gateMarkdown, gateMarker } from './gate-markdown.ts'
import { gateText } from './gate-text.ts'

const metric = (over: Partial<GateMetric> = {}): GateMetric => ({
  class: 'web',
  name: 'p99',
  unit: 'ms',
  better: 'lower',
  base: 10,
  head: 12,
  ratio: 1.2,
  low: null,
  high: null,
  margin: 0.05,
  p: null,
  deciding_blocks: null,
  verdict: 'FAIL',
  note: null,
  ...over,
})

const one = (over: Partial<GateCase> = {}): GateCase => ({
  file: 'peak.yaml',
  name: 'peak',
  hash: 'abc',
  base: 'gate.json',
  verdict: 'FAIL',
  reason: 'worse by more than 5 %: web: p99 +20 %',
  changes: { scenario: ['pools.a.batching.max_batch: 8 → 2'], profile: null, engine: null },
  metrics: [metric()],
  measured: null,
  ...over,
})

const gateOf = (...cases: GateCase[]): Gate => ({
  ...({ document: 'spillway-gate', format: 1, version: '1.0.0', commit: null } as const),
  gate: 'prediction',
  margin: 0.05,
  verdict: 'FAIL',
  cases,
  warnings: [],
  command: 'spillway gate peak',
})

const HOSTILE = 'a%b\r\n::error::x,y:z <script>&"]]> | `*_'

describe('annotations of GitHub Actions', () => {
  test('escape what would end a property or begin another command', () => {
    const [line] = gateAnnotations(gateOf(one({ file: 'a,b:c.yaml', reason: 'one%\r\ntwo' })))
    expect(line).toMatch(/^::error file=a%2Cb%3Ac\.yaml,title=FAIL%3A Prediction gate%3A peak/)
    expect(line).not.toMatch(/[\r\n]/)
    // other control characters are printed
    expect(line!.endsWith('::one%25\\u{d}%0Atwo')).toBe(true)
  })

  test('have the path from the top of the repository, or none', () => {
    const pathOf = (file: string) => (file === 'first' ? null : `load/${file}`)
    const [inside, shipped] = gateAnnotations(gateOf(one(), one({ file: 'first' })), pathOf)
    expect(inside).toMatch(/^::error file=load\/peak\.yaml,title=FAIL/)
    expect(shipped).toMatch(/^::error title=FAIL/)
  })

  test('are at most ten, and a pass has none', () => {
    expect(gateAnnotations(gateOf(...Array.from({ length: 30 }, () => one())))).toHaveLength(10)
    expect(gateAnnotations(gateOf(one({ verdict: 'PASS' })))).toEqual([])
    expect(gateAnnotations(gateOf(one({ verdict: 'UNDECIDED' })))[0]).toMatch(/^::warning /)
  })
})

describe('JUnit XML', () => {
  test('counts failures and skips, and is never empty', () => {
    const xml = gateJunit(
      gateOf(one(), one({ verdict: 'UNDECIDED', metrics: [metric({ verdict: 'UNDECIDED' })] })),
    )
    expect(xml).toContain(
      '<testsuites name="spillway gate" tests="4" failures="2" errors="0" skipped="2">',
    )
    expect(xml.match(/<failure /g)).toHaveLength(2)
    expect(xml.match(/<skipped /g)).toHaveLength(2)
    const none = gateJunit(gateOf(one({ verdict: 'NOT COMPARABLE', metrics: [] })))
    expect(none).toContain('tests="1" failures="0" errors="0" skipped="1"')
  })

  test('has the file and the time of each case', () => {
    const xml = gateJunit(gateOf(one({ file: 'load/a "b".yaml' })))
    const opened = xml.match(/<test(suite|case) [^>]*>/g)!
    expect(opened).toHaveLength(3)
    for (const tag of opened)
      expect(tag).toMatch(/ file="load\/a &quot;b&quot;\.yaml".* time="0\.0"/)
  })

  test('holds foreign text as text', () => {
    const xml = gateJunit(gateOf(one({ name: HOSTILE, reason: HOSTILE })))
    const inner = xml.replace(/<\/?(testsuites?|testcase|failure|skipped)\b[^>]*>/g, '')
    expect(inner).not.toContain('<script>')
    expect(xml).toContain('&lt;script&gt;&amp;&quot;')
  })
})

describe('Markdown', () => {
  test('has the verdict first, behind a hidden marker', () => {
    const [marker, title] = gateMarkdown(gateOf(one())).split('\n')
    expect(marker).toBe(gateMarker(gateOf(one())))
    expect(title).toBe('## ❌ Spillway gate: FAIL')
  })

  test('has one marker for the same scenarios, which nothing in their names can end', () => {
    const [a, b] = [one({ file: 'a.yaml' }), one({ file: 'b.yaml' })]
    expect(gateMarker(gateOf(a, b))).toBe(gateMarker(gateOf(b, { ...a, verdict: 'PASS' })))
    expect(gateMarker(gateOf(a))).not.toBe(gateMarker(gateOf(b)))
    expect(gateMarker(gateOf(a))).not.toBe(gateMarker({ ...gateOf(a), gate: 'measured' }))
    for (const file of [
      'a--->b',
      'a-->b',
      '--!>',
      'a\nb',
      '") | halt_error, ("',
      '$(id)',
      HOSTILE,
    ]) {
      const [first, second] = gateMarkdown(gateOf(one({ file }))).split('\n')
      expect(first).toMatch(/^<!-- spillway-gate: prediction [0-9a-f]{16} -->$/)
      expect(second).toBe('## ❌ Spillway gate: FAIL')
    }
  })

  test('fits into a comment, whatever the number of scenarios', () => {
    const many = Array.from({ length: 900 }, (_, i) =>
      one({ name: `${i}`.repeat(50), reason: 'x'.repeat(9000) }),
    )
    const text = gateMarkdown(gateOf(...many))
    expect(text.length).toBeLessThan(65_536)
    expect(text).toMatch(/\d+ more in the document of the gate/)
  })

  test('escapes foreign text', () => {
    const text = gateMarkdown(gateOf(one({ name: HOSTILE, reason: HOSTILE })))
    expect(text).not.toContain('<script>')
    expect(text).toContain('\\`\\*\\_')
  })
})

describe('the history as CSV', () => {
  const row = (commit: string) => ({ time: '2026-01-01T00:00:00Z', commit })

  test('has a row a commit, and a commit that is gated again replaces its row', () => {
    const first = gateCsv(null, gateOf(one()), row('a'))
    expect(first).toBe('time,commit,peak/web: p99\n2026-01-01T00:00:00Z,a,12\n')
    const second = gateCsv(first, gateOf(one({ metrics: [metric({ head: 9 })] })), row('b'))
    expect(second.trimEnd().split('\n')).toHaveLength(3)
    expect(gateCsv(second, gateOf(one()), row('b')).trimEnd().split('\n')).toHaveLength(3)
  })

  test('a new metric adds a column, and names with commas are quoted', () => {
    const first = gateCsv(null, gateOf(one({ name: 'a,"b"' })), row('a'))
    const second = gateCsv(first, gateOf(one()), row('b'))
    expect(second.split('\n')).toEqual([
      'time,commit,"a,""b""/web: p99",peak/web: p99',
      '2026-01-01T00:00:00Z,a,12,',
      '2026-01-01T00:00:00Z,b,,12',
      '',
    ])
    expect(isGateCsv(second)).toBe(true)
    expect(isGateCsv('latency,p99\n1,2\n')).toBe(false)
  })
})

test('the terminal has the verdict, the reason, the changes and the worst metric first', () => {
  const lines = gateText(gateOf(one())).split('\n')
  expect(lines.slice(0, 3)).toEqual([
    'FAIL  Prediction gate: peak against gate.json',
    '  worse by more than 5 %: web: p99 +20 %',
    '  changed: pools.a.batching.max_batch: 8 → 2',
  ])
  expect(lines.at(-1)).toMatch(/^web: p99 +FAIL +10\.0 ms +12\.0 ms +\+20 % +±5 %$/)
})

const ROW = { time: '2026-01-01T00:00:00Z', commit: 'a' }

/** Every output of a gate but its report, by its name. */
const outputsOf = (gate: Gate) => ({
  'gate.md': gateMarkdown(gate),
  'gate.xml': gateJunit(gate),
  annotations: gateAnnotations(gate).join('\n'),
  terminal: gateText(gate),
  csv: gateCsv(null, gate, ROW),
})

test('warnings are in every output, as text', () => {
  const gate = { ...gateOf(one()), warnings: ['the profile is old', HOSTILE] }
  const outputs = outputsOf(gate)
  for (const [name, text] of Object.entries(outputs)) {
    expect(text, name).toContain('the profile is old')
  }
  expect(outputs['gate.md']).toContain('\n- warning: the profile is old\n')
  expect(outputs['gate.xml']).toMatch(/<system-err>the profile is old\na%b/)
  for (const name of ['gate.md', 'gate.xml'] as const) {
    expect(outputs[name]).not.toContain('<script>')
  }
  const lines = outputs.annotations.split('\n')
  expect(lines).toHaveLength(3)
  for (const line of lines) expect(line).toMatch(/^::(error|warning) /)
  // a gate that passes has its warnings too
  const passed = { ...gate, cases: [one({ verdict: 'PASS' })] }
  expect(gateAnnotations(passed)).toHaveLength(2)
  expect(gateCsv(null, gate, ROW).split('\n')[0]).toBe('time,commit,peak/web: p99,warnings')
})

test('the interval of the base is in every output, and not where it has none', () => {
  const known = gateOf(one({ metrics: [metric({ base_low: 9.5, base_high: 10.5 })] }))
  const outputs = outputsOf(known)
  const { csv, annotations, ...others } = outputs
  for (const [name, text] of Object.entries({ ...others, annotations })) {
    expect(text.replaceAll('\\', ''), name).toContain('[9.50 ms, 10.5 ms]')
  }
  expect(annotations).toMatch(/\+20 %25; base of web: p99: 10\.0 ms \[9\.50 ms, 10\.5 ms\]$/)
  expect(csv).toBe(
    'time,commit,peak/web: p99,"peak/web: p99, low of base","peak/web: p99, high of base"\n' +
      '2026-01-01T00:00:00Z,a,12,9.5,10.5\n',
  )
  for (const text of Object.values(outputsOf(gateOf(one())))) {
    expect(text).not.toMatch(/95 % of base|base of web|low of base/)
  }
})

describe('with uncertain inputs', () => {
  const wide = { low: 0.98, high: 1.14, p_worse: 0.31, hangs_on: null }
  const note = 'worse by more than 5 % with a probability of 31 %'
  const lost = {
    ...({ name: 'lost or late', unit: 'share', base: 0, head: 0.01, ratio: null } as const),
    with_inputs: { low: 0, high: 0.02, p_worse: 0.5, hangs_on: null },
  }
  const inputs = Array.from({ length: 8 }, (_, i) => {
    const side = i === 0 ? ('head' as const) : ('both' as const)
    return { name: `speed of m${i}`, value: 1, low: 0.87, high: 1.15, side }
  })
  const open = gateOf(
    one({
      ...{ verdict: 'UNDECIDED', interval: 'inputs' },
      reason: `web: p99 +3 % ([−2 %, +14 %] with uncertain inputs): ${note}`,
      uncertain: { draws: 64, replications: 4, settled: false, inputs },
      metrics: [
        metric({ verdict: 'UNDECIDED', with_inputs: wide, note }),
        metric(lost),
        metric({ name: 'memory of pool a', verdict: 'PASS' }),
      ],
    }),
  )

  test('the change of each metric with them is in every table, shares in points', () => {
    const header = gateText(open).match(/^metric.*$/m)![0]
    expect(header).toMatch(/change +with uncertain inputs +margin +note$/)
    for (const text of [gateText(open), gateMarkdown(open).replaceAll('\\', '')]) {
      expect(text).toContain('[−2.0 %, +14 %]')
      expect(text).toContain('[0.0 points, +2.0 points]')
    }
    expect(gateJunit(open)).toContain(
      `<skipped message="UNDECIDED +20 % [−2.0 %, +14 %] with uncertain inputs: ${note}"/>`,
    )
    expect(gateAnnotations(open)[0]).toContain(note.replaceAll('%', '%25'))
  })

  test('the inputs, and whether more draws would move an end, are in every output of text', () => {
    const outputs = [gateText(open), gateMarkdown(open).replaceAll('\\', ''), gateJunit(open)]
    for (const text of outputs) {
      expect(text).toContain(
        'uncertain inputs: speed of m0 0.87 to 1.15 in the head, speed of m1 0.87 to 1.15, ',
      )
      expect(text).toContain(', 2 more; 64 draws; further draws may still move ends of intervals')
    }
  })

  test('and without any nothing of it is said', () => {
    for (const text of Object.values(outputsOf(gateOf(one())))) {
      expect(text).not.toContain('uncertain')
    }
  })
})

describe('a scenario without a base', () => {
  const web = { class: 'web', unit: 'ms', better: 'lower' } as const
  const fresh = one({
    verdict: 'NEW',
    reason: 'main has no scenario peak.yaml: there is nothing to compare it with',
    metrics: [
      metric({ name: 'p(99) < 50', verdict: 'UNDECIDED', base: null, head: null, ratio: null }),
    ],
    figures: [
      { ...web, name: 'p50', value: 5.12, low: 5.01, high: 5.23 },
      { ...web, name: 'p99', value: null },
    ],
  })

  test('has its figures and the verdicts of its objectives in every output', () => {
    const gate = { ...gateOf(fresh), verdict: 'NEW' as const }
    const { csv, ...others } = outputsOf(gate)
    for (const [name, text] of Object.entries(others)) {
      const plain = text.replaceAll('\\', '')
      expect(plain, name).toContain('there is nothing to compare it with')
      expect(plain, name).toContain('[5.01 ms, 5.23 ms]')
      expect(plain, name).toContain('web: p99')
    }
    for (const name of ['gate.md', 'gate.xml', 'terminal'] as const) {
      expect(others[name].replaceAll('&lt;', '<'), name).toContain('web: p(99) < 50')
      expect(others[name], name).toContain('UNDECIDED')
    }
    expect(others.annotations).toMatch(/^::notice file=peak\.yaml,title=NEW%3A /)
    expect(others.annotations).toMatch(/; web: p50: 5\.12 ms \[5\.01 ms, 5\.23 ms\]; web: p99: –$/)
    expect(csv).toBe('time,commit,peak/web: p50\n2026-01-01T00:00:00Z,a,5.12\n')
  })

  test('has at most eight figures in an annotation', () => {
    const figures = Array.from({ length: 11 }, (_, i) => ({ ...web, name: `f${i}`, value: i }))
    const [line] = gateAnnotations(gateOf({ ...fresh, figures }))
    expect(line).toMatch(/web: f7: [^;]*; … and 3 figures more$/)
  })
})

test('scenarios of the same name have their files beside it', () => {
  const gate = gateOf(one({ file: 'a/peak.yaml' }), one({ file: 'b/peak.yaml' }))
  const { csv, ...others } = outputsOf(gate)
  for (const [name, text] of Object.entries(others)) {
    for (const file of ['a/peak.yaml', 'b/peak.yaml']) {
      expect(text, name).toContain(`peak (${file}) against gate.json`)
    }
  }
  expect(csv.split('\n')[0]).toBe(
    'time,commit,peak (a/peak.yaml)/web: p99,peak (b/peak.yaml)/web: p99',
  )
})

describe('a gate that ended without a verdict', () => {
  const ended: EndedGate = {
    ...({ gate: 'prediction', version: '1.0.0', command: 'spillway gate peak' } as const),
    files: ['peak.yaml', 'x"y.yaml'],
    problems: ['no such file', ...Array.from({ length: 40 }, (_, i) => `problem ${i}`)],
  }

  test('has the marker of its comment, and its problems', () => {
    const text = endedMarkdown({ ...ended, files: ['peak.yaml'] })
    expect(text.split('\n')[0]).toBe(gateMarker(gateOf(one())))
    expect(text).toContain('## 🛑 Spillway gate: ended without a verdict\n\n- no such file\n')
    expect(text).toContain('- … and 21 more')
  })

  test('is an error for each scenario in JUnit, and one annotation', () => {
    const xml = endedJunit(ended)
    expect(xml).toContain('<testsuites name="spillway gate" tests="2" failures="0" errors="2"')
    expect(xml.match(/<error type="ERROR" message="no such file">/g)).toHaveLength(2)
    expect(xml).toContain('file="x&quot;y.yaml"')
    expect(endedAnnotations(ended)).toEqual([
      '::error title=Spillway gate%3A ended without a verdict::no such file',
    ])
  })

  test('holds foreign text as text', () => {
    const hostile = { ...ended, files: [HOSTILE], problems: [HOSTILE], command: HOSTILE }
    const [xml, text] = [endedJunit(hostile), endedMarkdown(hostile)]
    expect(xml + text).not.toContain('<script>')
    expect(text).not.toMatch(/^\s*::/m)
    expect(endedAnnotations(hostile).join()).not.toMatch(/[\r\n]/)
  })
})
