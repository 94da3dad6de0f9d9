import { expect, test } from 'vitest'
import { prepare } from '../runtime/jobs/prepare.ts'
import {
  type Dimension,
  gridPoint,
  loadScenario,
  type ScenarioText,
  shippedNames,
} from '../scenarios/index.ts'
import { TRACES } from './articles/azure.ts'
import {
  PARTS,
  PLACEMENT_SCENARIO,
  PLACEMENTS,
  placementOverrides,
} from './articles/fleet/placement.ts'
import { windowOf as partOf, WINDOWS } from './articles/headroom.ts'
import { BATCHES, CVS, paddingSystems, variedSystem } from './articles/padding.ts'
import { sweptScenario } from './bench/sweep.ts'
import {
  overridesOf,
  quickSuite,
  type Session,
  slicePairs,
  smokePair,
  smokeSuite,
  wholeSuite,
} from './fidelity/suite.ts'
import { ENTRIES } from './gallery/page.ts'
import { traceSet } from './gallery/sources.ts'
import { SCENARIO as GATED, SLOWER, WINDOWED, windowOf } from './gate-study/record.ts'
import { generationSuite, smokeGenerationSuite } from './generation-fidelity/suite.ts'
import { SCENARIO as PLANNED, SMALL_SPACE, SPACE, type Space } from './plan-study/space.ts'
import {
  configurationsOf,
  objectiveAt,
  SCENARIO as UNCERTAIN,
  SPACE as UNCERTAIN_SPACE,
} from './uncertain-plans/space.ts'

/**
 * Studies take minutes to hours, so no test makes one as a whole. Here each scenario that a study
 * names is read with the overrides that the study has for it. Studies that make up their own
 * scenarios (mutants, resampling, validation, most of the bench) run them in their smoke runs.
 */

interface Studied {
  /** the name of one that ships, or a path, or a text */
  readonly scenario: string | ScenarioText
  readonly set?: readonly string[]
}

const suites: readonly (readonly Pick<Session, 'cases'>[])[] = [
  ...[wholeSuite(), quickSuite(), smokeSuite()],
  [...slicePairs(8), smokePair()],
  ...[generationSuite(), smokeGenerationSuite()],
]
const fidelity = suites.flatMap((suite) =>
  suite.flatMap(({ cases }) =>
    cases.map((one): Studied => ({ scenario: one.scenario, set: overridesOf(one) })),
  ),
)

const gate: Studied[] = [
  { scenario: GATED },
  { scenario: GATED, set: [SLOWER] },
  ...WINDOWED.flatMap(({ scenario, before }) =>
    [before, 2 * before].map((ms) => ({ scenario, set: [windowOf(ms)] })),
  ),
]

/** Configurations in which each value of each dimension is tried. */
function valuesOf({ dimensions, size }: Space): Studied[] {
  const lengths = dimensions.map(({ values }) => values.length)
  const all = Array.from({ length: Math.max(...lengths) }, (_, i) =>
    gridPoint(
      dimensions.map(
        (one): Dimension => ({ ...one, values: [one.values[i % one.values.length]!] }),
      ),
      0,
    ),
  )
  expect(size).toBe(lengths.reduce((product, length) => product * length, 1))
  return all.map((set) => ({ scenario: PLANNED, set }))
}

const uncertain = configurationsOf(UNCERTAIN_SPACE).map((set): Studied => {
  return { scenario: UNCERTAIN, set: [...set, objectiveAt(80)] }
})

const articles: Studied[] = [
  ...TRACES.flatMap((trace) => [
    ...Array.from({ length: WINDOWS }, (_, part) => partOf(trace, part, 0.5)),
    ...BATCHES.flatMap((batch) => paddingSystems(trace, batch)),
  ]),
  ...BATCHES.flatMap((batch) => CVS.map((cv) => variedSystem(batch, cv))),
  ...PLACEMENTS.map((placement, i) => {
    return { scenario: PLACEMENT_SCENARIO, set: placementOverrides(placement, i % PARTS) }
  }),
]

const gallery = ENTRIES.flatMap(({ systems }) =>
  systems.map(({ scenario, set = [] }) => ({ scenario, set: [...traceSet(scenario), ...set] })),
)

const digests = shippedNames().map((name) => ({ scenario: name, set: traceSet(name) }))

const bench = [5, 5000].map((seconds) => ({
  scenario: { file: 'bench.yaml', text: sweptScenario(seconds), directory: '.' },
}))

const STUDIES: Readonly<Record<string, readonly Studied[]>> = {
  fidelity,
  'gate study': gate,
  'plan study': [SPACE, SMALL_SPACE].flatMap(valuesOf),
  'uncertain plans': uncertain,
  articles,
  gallery,
  digests,
  bench,
}

/** Each once: studies have many in common. */
const read = new Map<string, Promise<unknown>>()

/** Traces of the field are no part of the repository: what names one is read without its rows. */
function prepared({ scenario, set = [] }: Studied): Promise<unknown> {
  const key = JSON.stringify([scenario, set])
  const rows = set.some((text) => text.includes('.csv.gz'))
  const result = read.get(key) ?? (rows ? loadScenario : prepare)(scenario, { set })
  read.set(key, result)
  return result
}

test.each(Object.entries(STUDIES))(
  'every scenario of the %s is read with its overrides',
  async (_, all) => {
    expect(all.length).toBeGreaterThan(0)
    const problems: string[] = []
    for (const one of all) {
      await prepared(one).catch((error) => {
        problems.push(`${JSON.stringify(one)}: ${error.message}`)
      })
    }
    expect(problems).toEqual([])
  },
)
