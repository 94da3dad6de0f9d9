import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { hashOf, scenarioSchema } from '../../scenarios/index.ts'
import { type GateBaseline, gateSchema } from '../../sim/documents/index.ts'
import { Random } from '../../sim/kernel/index.ts'
import { commandsIn } from '../../test/command-line.ts'
import { chance, magnitude, NASTY_NUMBERS, NASTY_STRINGS, pick, words } from './choose.ts'
import type { FuzzInput } from './input.ts'
import { type Workshop, withRunners } from './inputs.ts'
import { mutateDocument } from './kinds/documents.ts'
import { faultOf, type Outcome } from './outcome.ts'

/**
 * Mutated and forged baselines: none passes but the one that `--update` wrote. One that names
 * another version may fail the head by its figures.
 */

const FILE = 'baseline.json'
const SCENARIO = 'declared.yaml'
// long enough for the tail: without it a gate is undecided
const GATE = words(`gate ${SCENARIO} --set duration_s=40 --replications 2 --baseline ${FILE}`)
const MARGIN = 0.05
const LEAST_SHARE = 0.001

interface BaselineOutcome {
  readonly number: number
  readonly code: number | null
  readonly fault: string | null
  readonly input: FuzzInput
}

type Entry = { -readonly [Key in keyof GateBaseline['scenarios'][number]]: unknown } & {
  figures: { value: number | null; [key: string]: unknown }[]
}
type Forged = { scenarios: Entry[]; [key: string]: unknown }

/** Changes that keep the form of a baseline, so that most are not refused for it. */
const FORGERIES: readonly ((baseline: Forged, entry: Entry, random: Random) => void)[] = [
  // around the margin, and far beyond it
  (_, { figures }, random) => {
    const figure = pick(random, figures)
    const by = pick(random, [1 + MARGIN, 1 / (1 + MARGIN), 1 - MARGIN, 1 / (1 - MARGIN), 2, 0.5])
    figure.value = (figure.value ?? 1) * by * (1 + (random.uniform() - 0.5) * 1e-9)
  },
  // the head is far worse
  (_, { figures }, random) => {
    const figure = pick(random, figures)
    figure.value = (figure.value ?? 1) * (figure.better === 'lower' ? 0.5 : 2)
  },
  (_, { figures }, random) => {
    pick(random, figures).value = pick(random, NASTY_NUMBERS)
  },
  (_, { figures }, random) => {
    pick(random, figures).value = null
  },
  (_, { figures }, random) => {
    figures.splice(random.integer(figures.length), magnitude(random, figures.length))
  },
  (_, { figures }, random) => {
    figures.push({ ...pick(random, figures), value: random.uniform() })
  },
  (_, { figures }, random) => {
    pick(random, figures)[pick(random, ['class', 'name'])] = pick(random, NASTY_STRINGS)
  },
  (_, entry, random) => {
    const key = pick(random, ['file', 'name', 'hash', 'version', 'commit'] as const)
    entry[key] = pick(random, NASTY_STRINGS)
  },
  (_, entry, random) => {
    entry[pick(random, ['seed', 'replications', 'load'] as const)] = pick(random, NASTY_NUMBERS)
  },
  // a release that the head is not of, with figures that would pass
  (_, entry, random) => {
    const [major, minor, patch] = String(entry.version).split('.')
    entry[pick(random, ['version', 'commit'] as const)] = `${major}.${minor}.${Number(patch) + 1}`
  },
  // one that the head is far worse than
  (_, entry, random) => {
    entry.version = `${entry.version}-other`
    for (const figure of entry.figures) {
      figure.value = (figure.value ?? 1) * (figure.better === 'lower' ? 0.5 : 2)
    }
    entry.figures = entry.figures.filter(() => chance(random, 0.9))
  },
  // a scenario that is another one, also with the hash that it has
  (_, entry, random) => {
    const scenario = structuredClone(entry.scenario) as { duration_s: number; seed: number }
    scenario[pick(random, ['duration_s', 'seed'] as const)] += 1 + random.integer(3)
    entry.scenario = scenario
    if (chance(random, 0.5)) entry.hash = hashOf(scenario)
  },
  (_, entry, random) => {
    entry.profile = { name: pick(random, NASTY_STRINGS), hash: pick(random, NASTY_STRINGS) }
  },
  (_, entry, random) => {
    entry.scenario = pick(random, [null, 1, [], {}, JSON.parse(deep(magnitude(random, 5000)))])
    entry.hash = 'other'
  },
  (_, entry, random) => {
    const [objective] = entry.objectives as object[]
    const text = pick(random, NASTY_STRINGS)
    entry.objectives = [
      { class: 'web', text, verdict: 'PASS' },
      { ...objective, verdict: 'FAIL' },
    ]
  },
  (baseline, entry) => {
    baseline.scenarios = [entry, structuredClone(entry)]
  },
  (baseline, entry, random) => {
    const many = Array.from({ length: magnitude(random, 20_000) }, (_, i) => {
      return { ...entry, file: `${i}.yaml`, scenario: null }
    })
    baseline.scenarios = [...many, entry]
  },
  (baseline) => {
    baseline.scenarios = []
  },
]

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

function forged(text: string, random: Random): string | Uint8Array {
  if (chance(random, 0.5)) return mutateDocument(Buffer.from(text), random)
  const baseline = JSON.parse(text) as Forged
  const [entry] = baseline.scenarios
  for (let left = magnitude(random, 3); left > 0; left--) {
    if (entry!.figures.length > 0) pick(random, FORGERIES)(baseline, entry!, random)
  }
  return JSON.stringify(baseline)
}

/** What `--update` has written, and a gate without a change simulates again. */
type Written = GateBaseline['scenarios'][number]

/** The exit code by the figures, which this file compares by itself; null for a refusal. */
function expectedCode(text: string, head: Written): number | null {
  try {
    const { scenarios } = JSON.parse(text) as GateBaseline
    const named = scenarios.filter(({ name }) => name === head.name)
    const alone = named.length === 1 ? named[0] : undefined
    const entry = scenarios.find(({ file }) => file === SCENARIO) ?? alone
    // without a base, the head fails by its own objectives
    if (entry === undefined)
      return head.objectives.some(({ verdict }) => verdict === 'FAIL') ? 4 : 6
    const base = { ...entry, file: SCENARIO }
    if (base.seed !== head.seed || base.replications !== head.replications) return 6
    const pairs = head.figures.flatMap((figure) => {
      const was = base.figures.find((row) => row.class === figure.class && row.name === figure.name)
      return was === undefined ? [] : [[was.value, figure] as const]
    })
    if (pairs.length === 0) return 6
    if (isDeepStrictEqual(base, head)) return head.figures.some(isTail) ? 0 : 5
    if (hasOtherRequests(base, head)) return 6
    return isOpen(base, head) && isWorse(base, head, pairs) ? 4 : 6
  } catch {
    return null
  }
}

/** Whether a percentile of the tail has the requests for it: without one a gate is undecided. */
const isTail = ({ unit, name, value }: Written['figures'][number]) =>
  unit === 'ms' && name !== 'p50' && value !== null

/** Whether its figures cannot be made again: they are of another engine. */
const isOpen = (base: Written, head: Written) =>
  base.version !== head.version || base.commit !== head.commit

/** Whether the scenario of a base that is not that of the head has other traffic. */
function hasOtherRequests(base: Written, head: Written): boolean {
  if (base.hash === head.hash) return false
  const [before, after] = [base, head].map(({ scenario }) => scenarioSchema.safeParse(scenario))
  if (!before!.success || !after!.success) return false
  const [was, is] = [before!.data, after!.data]
  return !isDeepStrictEqual([was.seed, was.traffic], [is.seed, is.traffic])
}

/** Whether the head is judged by objectives that it does not state. */
function isJudgedByOthers(text: string, head: Written): boolean {
  const textsOf = ({ objectives }: Written) =>
    objectives.map(({ class: of, text: stated }) => [of, stated])
  const { scenarios } = JSON.parse(text) as GateBaseline
  return scenarios.some(
    (base) => base.hash !== head.hash && !isDeepStrictEqual(textsOf(base), textsOf(head)),
  )
}

type Pair = readonly [number | null, Written['figures'][number]]

function isWorse(base: Written, head: Written, pairs: readonly Pair[]): boolean {
  const busy = Math.min(base.load ?? 0, head.load ?? 0) >= 1
  const worse = pairs.some(([before, { value, better, unit }]) => {
    if (before === null || (busy && unit === 'ms')) return false
    if (value === null) return true
    if (unit === 'share' && Math.abs(value - before) <= LEAST_SHARE) return false
    return better === 'lower' ? value > before * (1 + MARGIN) : value < before * (1 - MARGIN)
  })
  const broken = head.objectives.some(({ class: of, text: stated, verdict }) => {
    const was = base.objectives.find((row) => row.class === of && row.text === stated)
    return verdict === 'FAIL' && was !== undefined && was.verdict !== 'FAIL'
  })
  return worse || broken
}

/** What is wrong with the files of a gate. */
function filesFault(folder: string): string | null {
  const read = (name: string) => readFileSync(join(folder, 'gated', name), 'utf8')
  if (!existsSync(join(folder, 'gated'))) return null
  const ended = !existsSync(join(folder, 'gated', 'gate.json'))
  if (!ended && !gateSchema.safeParse(JSON.parse(read('gate.json'))).success)
    return 'gate.json is none'
  if (!/^<!-- spillway-gate: prediction [0-9a-f]{16} -->\n## /.test(read('gate.md'))) {
    return 'gate.md begins with something else'
  }
  const written = ['gate.md', 'gate.xml', ...(ended ? [] : ['report.html'])]
  const foreign = written.filter((name) => /<(script|img)|(?!\n|\t)\p{Cc}/iu.test(read(name)))
  return foreign.length === 0 ? null : `${foreign.join()} has markup or control characters`
}

/** Runs a gate against `count` baselines that are not what `--update` wrote. */
export async function fuzzBaselines(
  shop: Workshop,
  count: number,
  seed: number,
  onOutcome: (outcome: BaselineOutcome) => void = () => {},
): Promise<readonly BaselineOutcome[]> {
  const text = await shop.within({ args: [] }, async (folder) => {
    const { code, stderr } = await commandsIn(folder).runProcess(...GATE, '--update')
    if (code !== 0) throw new Error(`the baseline cannot be written: ${stderr}`)
    return readFileSync(join(folder, FILE), 'utf8')
  })
  const [head] = (JSON.parse(text) as GateBaseline).scenarios
  const outcomes: BaselineOutcome[] = []
  let next = 0
  await withRunners(shop, async (runner) => {
    while (next < count) {
      const number = next++
      const random = new Random(`baselines/${seed}/${number}`)
      const content = forged(text, random)
      const args = [...GATE, ...(chance(random, 0.5) ? words('--out gated --csv history.csv') : [])]
      const input: FuzzInput = { args, files: { [FILE]: content } }
      const outcome = await runner.run(input)
      const fault =
        faultOf(args, outcome) ??
        verdictFault(outcome, Buffer.from(content).toString(), text, head!) ??
        filesFault(runner.folder)
      outcomes.push({ number, code: outcome.code, fault, input })
      onOutcome(outcomes.at(-1)!)
    }
  })
  return outcomes
}

function verdictFault(
  { code }: Outcome,
  content: string,
  written: string,
  head: GateBaseline['scenarios'][number],
): string | null {
  if (code === 3) return content === written ? 'refuses what it has written' : null
  const expected = expectedCode(content, head)
  // by a forged objective more or fewer requests are late
  const isLenient = expected !== null && isJudgedByOthers(content, head)
  if (isLenient && (code === 4 || code === 6)) return null
  return code === expected ? null : `ends with ${code}, its figures with ${expected}`
}
