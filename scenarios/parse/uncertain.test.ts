import { describe, expect, test } from 'vitest'
import { drawnValue } from '../../sim/stats/index.ts'
import { Failure } from '../failure.ts'
import { parseScenario } from './parse.ts'

const text = (work: string, more = '') => `spillway: 1
name: s
duration_s: 100
models:
  m: { work: { ${work} } }
  fixed: { work: { law: constant, ms: 3 } }
traffic:
  - class: web
    model: m
    arrivals: { process: poisson, rate_rps: 50 }
  - { class: other, model: fixed, arrivals: { process: poisson, rate_rps: 5 } }
pools:
  - { name: a, model: m, replicas: 2, price_usd_per_hour: 1.5 }
  - { name: b, model: fixed }
${more}`

const read = (work: string, more = '', set: readonly string[] = []) =>
  parseScenario(text(work, more), { file: 's.yaml', set })

function problems(work: string, more = '', set: readonly string[] = []): readonly string[] {
  try {
    read(work, more, set)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return error.problems
  }
  return []
}

const PATH = 'models.m.work.ms'

describe('an uncertain number', () => {
  test.each([
    ['12 ± 10 %', 12, '± 10 %'],
    ['12±10%', 12, '± 10 %'],
    ['12 +- 10 %', 12, '± 10 %'],
    ['12 +/- 2', 12, '± 2'],
    ['1.2e1 ± .5', 12, '± .5'],
    ['[10, 14]', 12, [10, 14]],
  ])('%s in place of a number is its value, and its width in the map', (written, value, width) => {
    const { scenario, uncertain } = read(`law: constant, ms: ${written}`)
    expect(scenario.models.m).toMatchObject({ work: { ms: value } })
    expect(scenario.uncertain).toEqual({ [PATH]: width })
    expect(uncertain!.inputs).toMatchObject([{ name: PATH, value, whole: false, model: null }])
  })

  test('is the same scenario as its number and its width in the map', () => {
    const inPlace = read('law: constant, ms: 12 ± 10 %')
    const inMap = read('law: constant, ms: 12', `uncertain: { ${PATH}: ± 10 % }`)
    expect(inPlace.hash).toBe(inMap.hash)
    expect(inPlace.hash).not.toBe(read('law: constant, ms: 12').hash)
  })

  test('changes no scenario without one', () => {
    const { scenario, uncertain } = read('law: constant, ms: 12')
    expect(uncertain).toBeUndefined()
    expect('uncertain' in scenario).toBe(false)
  })

  test('may be of --set, and a number of --set takes its width away', () => {
    expect(read('law: constant, ms: 12', '', [`${PATH}=9 ± 5 %`]).scenario.uncertain).toEqual({
      [PATH]: '± 5 %',
    })
    expect(read('law: constant, ms: 12 ± 10 %', '', [`${PATH}=9`]).uncertain).toBeUndefined()
  })

  test('is no list of numbers, no text and no objective', () => {
    const work = 'law: table, sizes: [1, 8], ms: [4, 9]'
    const { scenario } = read(work, 'description: 12 ± 10 %')
    expect(scenario.models.m).toMatchObject({ work: { sizes: [1, 8], ms: [4, 9] } })
    expect(scenario.description).toBe('12 ± 10 %')
    expect(scenario.uncertain).toBeUndefined()
  })

  test('may be an entry of a list, a price, a rate, a whole number, or the speed of a model', () => {
    const more = `uncertain:
  models.m.work.ms.1: ± 10 %
  pools.a.price_usd_per_hour: [1, 2]
  traffic.web.arrivals.rate_rps: { distribution: lognormal, median: 50, p99: 90 }
  pools.a.replicas: [1, 4]
  speed of fixed: ± 20 %
`
    const { inputs } = read('law: table, sizes: [1, 8], ms: [4, 9]', more).uncertain!
    expect(inputs.map(({ name, model, value, whole }) => [name, model, value, whole])).toEqual([
      ['models.m.work.ms.1', null, 9, false],
      ['pools.a.price_usd_per_hour', null, 1.5, false],
      ['traffic.web.arrivals.rate_rps', null, 50, false],
      ['pools.a.replicas', null, 2, true],
      ['speed of fixed', 'fixed', 1, false],
    ])
  })

  describe('may be a factor of traffic or lengths', () => {
    const LINEAR = 'law: linear, base_ms: 4, per_token_ms: 1'
    const LONG = ['traffic.web.input_tokens={distribution: fixed, value: 100}']

    test('of all classes, or of one', () => {
      const more = `uncertain:
  traffic: ± 20 %
  traffic of web: [0.9, 1.2]
  lengths: ± 0.1
  lengths of web: ± 5 %
`
      const { inputs } = read(LINEAR, more, LONG).uncertain!
      expect(inputs).toMatchObject([
        { name: 'traffic', ofTraffic: { part: 'rates', class: null } },
        { name: 'traffic of web', ofTraffic: { part: 'rates', class: 'web' } },
        { name: 'lengths', ofTraffic: { part: 'lengths', class: null } },
        { name: 'lengths of web', ofTraffic: { part: 'lengths', class: 'web' } },
      ])
      for (const { value, whole, model } of inputs) {
        expect([value, whole, model]).toEqual([1, false, null])
      }
      expect(inputs[2]!.law).toEqual({ law: 'normal', mean: 1, deviation: 0.1 / 1.959963984540054 })
    })

    test('beside a rate of its own, as they are two things that are not known', () => {
      const more = 'uncertain: { traffic: ± 20 %, traffic.web.arrivals.rate_rps: ± 5 % }\n'
      const { inputs } = read('law: constant, ms: 12', more).uncertain!
      expect(inputs.map(({ name }) => name)).toEqual(['traffic', 'traffic.web.arrivals.rate_rps'])
    })

    test('but not where no model takes lengths', () => {
      const refusal = expect.stringContaining(': expected lengths that a model takes; of the ')
      const all = 'uncertain: { lengths: ± 10 % }\n'
      expect(problems('law: constant, ms: 12', all)).toEqual([refusal])
      expect(problems(LINEAR, 'uncertain: { lengths of other: ± 10 % }\n', LONG)).toEqual([refusal])
      expect(problems(LINEAR, all, LONG)).toEqual([])
    })

    test('but not where rates are recorded and nothing scales them', () => {
      const recorded = ['traffic.other.arrivals={process: servegen, file: x}']
      const of = (name: string) =>
        problems('law: constant, ms: 12', `uncertain: { ${name}: ± 10 % }\n`, recorded)
      const refusal =
        'expected rates that can be multiplied; class other has recorded ones, and needs rate_rps or load for that'
      expect(of('traffic')).toEqual([`s.yaml:15:14 uncertain.traffic: ${refusal}`])
      expect(of('traffic of other')).toEqual([
        `s.yaml:15:14 uncertain.traffic of other: ${refusal}`,
      ])
      expect(of('traffic of web')).toEqual([])
    })

    test('but not where an end contradicts another value', () => {
      const short = 'distribution: lognormal, median: 10, p99: 50, min: 9, max: 100'
      const all = 'uncertain: { lengths: ± 20 % }\n'
      expect(problems(LINEAR, all, [`traffic.web.input_tokens={${short}}`])).toEqual([
        expect.stringMatching(
          /^s\.yaml:15:23 uncertain\.lengths: expected draws that fit the scenario; at 0\.7502, traffic\.web\.input_tokens\.median: expected /,
        ),
      ])
      const copied = ['traffic.other.arrivals={process: trace, file: x.csv, growth: 95}']
      const more = 'uncertain: { traffic: ± 10 % }\n'
      expect(problems('law: constant, ms: 12', more, copied)).toEqual([
        expect.stringMatching(
          /^s\.yaml:15:23 uncertain\.traffic: expected draws that fit the scenario; at 1\.162, traffic\.other\.arrivals\.growth: expected /,
        ),
      ])
    })
  })

  test('a width in per cent is lognormal, one in the unit normal, and a range uniform', () => {
    const laws = ['12 ± 10 %', '12 ± 2', '[10, 14]'].map((written) => {
      const [input] = read(`law: constant, ms: ${written}`).uncertain!.inputs
      return input!.law
    })
    expect(laws).toEqual([
      { law: 'lognormal', median: 12, deviation: Math.log(1.1) / 1.959963984540054 },
      { law: 'normal', mean: 12, deviation: 2 / 1.959963984540054 },
      { law: 'uniform', low: 10, high: 14 },
    ])
  })
})

describe('widths of sources', () => {
  const INCLUDED = 'uncertain: { sources: included }\n'

  test('are included by a word, beside numbers with a width or alone', () => {
    const alone = read('law: constant, ms: 12', INCLUDED)
    expect(alone.uncertain).toMatchObject({ inputs: [], withSources: true })
    const both = read('law: constant, ms: 12 ± 10 %', INCLUDED)
    expect(both.uncertain!.inputs.map(({ name }) => name)).toEqual([PATH])
    expect(both.uncertain!.withSources).toBe(true)
    expect(read('law: constant, ms: 12 ± 10 %').uncertain).not.toHaveProperty('withSources')
  })

  test('are part of the scenario and its hash, and may be of --set', () => {
    const alone = read('law: constant, ms: 12', INCLUDED)
    const ofSet = read('law: constant, ms: 12', '', ['uncertain.sources=included'])
    expect(ofSet.hash).toBe(alone.hash)
    expect(ofSet.scenario.uncertain).toEqual({ sources: 'included' })
    expect(read('law: constant, ms: 12').hash).not.toBe(alone.hash)
    expect(read('law: constant, ms: 12', INCLUDED, ['uncertain=null']).uncertain).toBeUndefined()
  })

  test('with another value are refused, and the message has the right one', () => {
    expect(problems('law: constant, ms: 12', 'uncertain: { sources: true }\n')).toContain(
      's.yaml:15:23 uncertain.sources: expected included, got true',
    )
  })
})

describe('an uncertain number is refused with its place', () => {
  const map = (entries: string) => `uncertain: { ${entries} }\n`
  const CONSTANT = 'law: constant, ms: 12'

  test.each([
    [
      'a path that there is not',
      'models.m.work.base_ms: ± 10 %',
      's.yaml:15:14 uncertain.models.m.work.base_ms: expected a path of a number that the scenario states; models.m.work has law, ms, got "base_ms"',
    ],
    [
      'a value that is left to a default',
      'warmup_s: [0, 1]',
      's.yaml:15:14 uncertain.warmup_s: expected a path of a number that the scenario states; the scenario has spillway, name, duration_s, models, traffic, pools, uncertain, got "warmup_s"',
    ],
    [
      'no number',
      'models.m.work.law: ± 10 %',
      's.yaml:15:14 uncertain.models.m.work.law: expected a path of a number, got that of "constant"',
    ],
    [
      'a map',
      'models.m.work: ± 10 %',
      's.yaml:15:14 uncertain.models.m.work: expected a path of a number, got that of a map',
    ],
    [
      'draws beyond what the number may be',
      'models.m.work.ms: ± 12',
      's.yaml:15:32 uncertain.models.m.work.ms: expected draws that are each a number above 0, got -6.92 to 30.92; take a range',
    ],
    [
      'a range without the value',
      'models.m.work.ms: [13, 20]',
      's.yaml:15:32 uncertain.models.m.work.ms: expected a range that holds the value 12, got 13 to 20',
    ],
    [
      'a range that falls',
      'models.m.work.ms: [14, 10]',
      's.yaml:15:32 uncertain.models.m.work.ms: expected a range from a low to a higher number, got a list of 2; a width is written ± 10 %, ± 2 or [10, 14]',
    ],
    [
      'no width',
      'models.m.work.ms: wide',
      's.yaml:15:32 uncertain.models.m.work.ms: expected a width, got "wide"; a width is written ± 10 %, ± 2 or [10, 14]',
    ],
    [
      'a number as a width',
      'models.m.work.ms: 0.1',
      's.yaml:15:32 uncertain.models.m.work.ms: expected text or a list or a map with the key distribution, got 0.1; a width is written ± 10 %, ± 2 or [10, 14]',
    ],
    [
      'the speed of no model',
      'speed of mm: ± 10 %',
      's.yaml:15:14 uncertain.speed of mm: expected the speed of one of m, fixed, got "mm"',
    ],
    [
      'the traffic of no class',
      'traffic of bulk: ± 10 %',
      's.yaml:15:14 uncertain.traffic of bulk: expected the traffic of one of web, other, got "bulk"',
    ],
    [
      'factors of traffic that are never 1',
      'traffic: [1.1, 1.3]',
      's.yaml:15:23 uncertain.traffic: expected factors around 1, got 1.1 to 1.3',
    ],
    [
      'factors of traffic that are negative',
      'traffic: ± 2',
      's.yaml:15:23 uncertain.traffic: expected factors from 0.001 to 1000, got -2.153 to 4.153',
    ],
    [
      'no width, but the word for sources',
      'models.m.work.ms: included',
      's.yaml:15:32 uncertain.models.m.work.ms: expected a width such as "± 10 %" or "± 2", got "included"',
    ],
    [
      'sources with a width',
      'sources: ± 10 %',
      's.yaml:15:23 uncertain.sources: expected included, got "± 10 %"',
    ],
    [
      'a number by two paths',
      'traffic.0.arrivals.rate_rps: ± 1, traffic.web.arrivals.rate_rps: ± 2',
      's.yaml:15:48 uncertain.traffic.web.arrivals.rate_rps: expected each number once, got that of traffic.0.arrivals.rate_rps again',
    ],
  ])('%s', (_, entry, problem) => expect(problems(CONSTANT, map(entry))).toEqual([problem]))

  test.each([
    ['12 ± ten', '"12 ± ten"'],
    ['12 ± ', '"12 ±"'],
    ['12 ± 0', '"12 ± 0"'],
    ['12 +/- -2', '"12 +/- -2"'],
    ['± 2', '"± 2"'],
    ['10 ..14', '"10 ..14"'],
    ['10-14', '"10-14"'],
    ['10 to 14', '"10 to 14"'],
    ['[14, 10]', 'a list of 2'],
    ['[10, ten]', 'a list of 2'],
    ['[10]', 'a list of 1'],
    ['[10, 12, 14]', 'a list of 3'],
  ])('%s in place of a number, with the forms that there are', (written, got) => {
    expect(problems(`law: constant, ms: ${written}`)).toEqual([
      `s.yaml:5:35 models.m.work.ms: expected a number above 0, got ${got}; a number that is not known is written 12 ± 10 %, 12 ± 2 (a width above 0) or [10, 14] (the lower end first)`,
    ])
  })

  test('and other texts as before, and lists where there are some', () => {
    for (const written of ['twelve', '12 ms', '10 %']) {
      const [problem] = problems(`law: constant, ms: ${written}`)
      expect(problem).toMatch(/expected a number above 0, got "[^"]*"$/)
    }
    const [ofList] = problems('law: table, sizes: [1, 8], ms: [4]')
    expect(ofList).not.toContain('±')
  })

  test('of --set and of a variant, too', () => {
    const forms = 'a number that is not known is written 12 ± 10 %'
    expect(problems(CONSTANT, '', [`${PATH}=12 ± ten`])).toEqual([expect.stringContaining(forms)])
    const variants = `variants: { other: { ${PATH}: 12 ± ten } }\n`
    expect(problems(CONSTANT, variants)).toEqual([expect.stringContaining(forms)])
  })

  test('where it contradicts another value', () => {
    const work = 'law: two-point, ms: [2, 8], slow_ms: 6, slow_share: 0.1'
    expect(problems(work)).toEqual([
      expect.stringMatching(
        /^s\.yaml:5:36 uncertain\.models\.m\.work\.ms: expected draws that fit the scenario; at 8, models\.m\.work\.slow_ms: expected /,
      ),
    ])
  })

  test('where number and map both have a width', () => {
    expect(problems('law: constant, ms: 12 ± 10 %', map('models.m.work.ms: ± 5 %'))).toEqual([
      's.yaml:5:35 models.m.work.ms: expected one width, got another under uncertain',
    ])
  })

  test('where a variant removes the path, but not where number and width go together', () => {
    const variants = 'variants: { other: { models.m.work: { law: exponential, mean_ms: 12 } } }\n'
    const [first, ...more] = problems(CONSTANT, `${map('models.m.work.ms: ± 10 %')}${variants}`)
    expect(more).toEqual([])
    expect(first).toContain(
      'uncertain.models.m.work.ms: expected a path of a number that the scenario states; models.m.work has law, mean_ms, got "ms"',
    )
    expect(problems('law: constant, ms: 12 ± 10 %', variants)).toEqual([])
  })
})

describe('what nothing would draw is refused', () => {
  const GENERATION = 'law: generation, base_ms: 9'

  test.each([
    ['fitted: { error: 0.05 ± 10 % }'],
    ['fitted: {}, alternatives: [{ base_ms: 9 ± 10 % }]'],
  ])('a width of what times are from: %s', (keys) => {
    expect(problems(`${GENERATION}, ${keys}`)).toContainEqual(
      expect.stringContaining('expected a number that a run uses; fitted and alternatives say'),
    )
  })

  test('a range of whole numbers without any', () => {
    const width = 'uncertain: { pools.a.replicas: [2.2, 2.8] }'
    expect(problems('law: constant, ms: 3', width)).toContainEqual(
      expect.stringContaining('expected a range with a whole number, got 2.2 to 2.8'),
    )
    // rows of a grid have small numbers and large ones
    expect(problems('law: constant, ms: 3', 'uncertain: { pools.a.replicas: ± 10 % }')).toEqual([])
  })

  test('more inputs than can be drawn, before any is tried', () => {
    const keys = Array.from({ length: 41 }, (_, i) => `key${i}: ± 1 %`)
    const ranges = `uncertain: { ${keys.join(', ')} }`
    expect(problems('law: constant, ms: 3', ranges)).toEqual([
      expect.stringContaining('expected at most 40 inputs, got 41'),
    ])
  })
})

test('each whole number of a range is as likely', () => {
  const { uncertain } = read('law: constant, ms: 3', 'uncertain: { pools.a.replicas: [0.6, 3.2] }')
  const [replicas] = uncertain!.inputs
  const counts = [0, 0, 0]
  for (let i = 0; i < 300; i++) counts[drawnValue(replicas!, (i + 0.5) / 300) - 1]!++
  expect(counts).toEqual([100, 100, 100])
})
