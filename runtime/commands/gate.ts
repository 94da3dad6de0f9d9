import { join, resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { gateHtml, gateJunit, gateMarkdown, gateText } from '../../reports/index.ts'
import { EXIT, type ExitCode, Failure } from '../../scenarios/index.ts'
import type { CaseVerdict, Gate } from '../../sim/documents/index.ts'
import { loadProfile } from '../folders/profile-file.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { updateBaseline } from '../jobs/gate/baseline.ts'
import { fidelityGate } from '../jobs/gate/fidelity-gate.ts'
import { MARGIN } from '../jobs/gate/gate.ts'
import { GATE_LOAD, MOST_GATE_LOAD, measuredGate } from '../jobs/gate/measured-gate.ts'
import { versionOf, withOtherVersion } from '../jobs/gate/other-version.ts'
import {
  type PredictionBase,
  predictionGate,
  simulateEntries,
} from '../jobs/gate/prediction-gate.ts'
import { REPLICATIONS } from '../jobs/options.ts'
import { prepare } from '../jobs/prepare.ts'
import {
  commandLine,
  implement,
  note,
  override,
  positiveNumber,
  profileOption,
  type ScenarioOptions,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { appendCsv, forContinuousIntegration } from './gate-outputs.ts'
import { emit } from './output.ts'
import { withProgress } from './progress.ts'

interface GateOptions extends ScenarioOptions {
  readonly margin: number
  readonly baseline?: string
  readonly update?: boolean
  readonly against?: string
  readonly againstSet?: readonly string[]
  readonly againstRef?: string
  readonly prepare?: string
  readonly run?: string
  readonly measured?: boolean
  readonly load: number
  readonly seconds?: number
  readonly fidelity?: string
  readonly profile?: string
  readonly replications: number
  readonly workers?: number
  readonly csv?: string
}

const HELP = `
Did it get worse? What is given by --baseline, --against, --against-set or --against-ref is the base, the scenario the head.

Prediction gate: both are simulated, with the same requests. Simulations are deterministic, so every difference is exact, and
is one of the scenario, the profile or the engine. FAIL: a metric is worse by more than --margin, or an objective fails
that did not. --update writes the baseline. --against-ref checks the other version out into a temporary git worktree,
prepares it with --prepare, and simulates with --run, which gets the arguments of \`spillway simulate\`.

Measured gate (--measured): base and head are replayed here in alternating blocks with the same requests, at a rate that keeps the
base busy for --load of the time. Service times, overheads and wake-up cost are compared in each block, and carried through
the simulator to p50, p95 and p99. An exact test looks after 10, 15 and 20 blocks, and a regression is confirmed on
10 fresh ones. With --against-ref the scenario and models of the other version are replayed by this version of Spillway.

Fidelity gate (--fidelity DIR): simulations of the replays in DIR against these replays, as \`spillway compare\` judges them.

--out writes gate.json, report.html, gate.xml (JUnit) and gate.md (step summary, comment of a pull request). In GitHub Actions
the summary is also appended to $GITHUB_STEP_SUMMARY, and annotations are printed on stderr.

Exit code 0 for PASS and IMPROVED, 4 for FAIL, 5 for UNDECIDED, 6 for NOT COMPARABLE.

Examples:
  $ spillway gate payment-peak --baseline gate.json --update
  $ spillway gate payment-peak --baseline gate.json --out gate
  $ spillway gate peak.yaml --against-ref origin/main --prepare 'npm ci'
  $ spillway gate first --against-set pools.central.batching.max_delay_ms=2 --measured
  $ spillway gate --fidelity runs/payment-peak`

export function define(command: Command): void {
  withScenarioOptions(
    command.argument('[scenarios...]', 'scenario files (YAML), or names of shipped ones: the head'),
    'gate.json, report.html, gate.xml and gate.md',
  )
    .option('--margin <share>', 'relative change that is no regression', marginOf, MARGIN)
    .addOption(baseOption('--baseline <file>', 'the base: a file that --update has written'))
    .option('--update', 'write the scenarios into --baseline in place of a gate')
    .addOption(baseOption('--against <scenario>', 'the base: another scenario'))
    .addOption(
      new Option(
        '--against-set <path=value>',
        'the base: override a value of it; may be repeated',
      ).argParser(override),
    )
    .addOption(baseOption('--against-ref <ref>', 'the base: a commit, branch or tag of git'))
    .option('--prepare <command>', 'prepares the checkout of --against-ref, such as npm ci')
    .option('--run <command>', 'simulates in the checkout; default: npx spillway simulate')
    .option('--measured', 'replay both on this machine')
    .option(
      '--load <share>',
      `share of the time that the base is busy in a measured gate, at most ${MOST_GATE_LOAD}`,
      loadOf,
      GATE_LOAD,
    )
    .addOption(
      new Option('--seconds <s>', 'calibration of each model before a measured gate; default: 10')
        .argParser(positiveNumber)
        .conflicts('profile'),
    )
    .addOption(
      new Option('--fidelity <dir>', 'a folder of `spillway run` or `replay --out`').conflicts([
        ...['baseline', 'against', 'againstSet', 'againstRef', 'measured', 'update'],
      ]),
    )
    .addOption(profileOption())
    .option(
      '--replications <n>',
      'simulations of each scenario; 40 at least in a fidelity gate',
      wholeNumber(1, 100_000),
      REPLICATIONS.interval,
    )
    .option('--workers <n>', 'threads, at most one for each core', wholeNumber(1))
    .option('--csv <file>', 'add a row of the metrics of this commit, for change-point tools')
  implement(command, HELP, async (signal, files: string[], options: GateOptions) => {
    refuseUsage(files, options)
    const undo = await writableFolder(options.out)
    if (options.update === true) return update(files, options, signal)
    const gate = await withProgress((onProgress, { warn }) => {
      const job = { signal, onProgress, onWarning: warn, command: commandLine() }
      return judge(files, options, { ...job })
    }).catch(undo)
    await emit(options, { gate }, 'gate', gateText(gate), async (change) => {
      await change.write('report.html', await gateHtml(gate))
      await change.write('gate.xml', gateJunit(gate))
      await change.write('gate.md', gateMarkdown(gate))
    })
    if (options.csv !== undefined) await appendCsv(options.csv, gate)
    await forContinuousIntegration(gate)
    return GATE_EXIT[gate.verdict]
  })
}

const BASES = ['baseline', 'against', 'againstRef'] as const

const baseOption = (flags: string, text: string) => {
  const option = new Option(flags, text)
  return option.conflicts(BASES.filter((name) => name !== option.attributeName()))
}

/** Exit codes by the verdict of a gate. */
const GATE_EXIT: Readonly<Record<CaseVerdict, ExitCode>> = {
  PASS: EXIT.ok,
  IMPROVED: EXIT.ok,
  FAIL: EXIT.failed,
  UNDECIDED: EXIT.undecided,
  'NOT COMPARABLE': EXIT.notComparable,
}

interface Job {
  readonly signal: AbortSignal
  readonly onProgress: (phase: string, done: number, of: number) => void
  readonly onWarning: (text: string) => void
  readonly command: string
}

function judge(files: readonly string[], options: GateOptions, job: Job): Promise<Gate> {
  const { margin, fidelity, profile } = options
  if (fidelity !== undefined) {
    const replications = Math.max(REPLICATIONS.band, options.replications)
    return fidelityGate(fidelity, { ...job, replications, profile })
  }
  if (options.measured === true) return measured(files[0]!, options, job)
  const { set, seed, replications, workers } = options
  return predictionGate(files, baseOf(options), {
    ...job,
    margin,
    replications,
    onNote: note,
    ...(set && { set }),
    ...(seed !== undefined && { seed }),
    ...(profile !== undefined && { profile }),
    ...(workers !== undefined && { workers }),
  })
}

function baseOf(options: GateOptions): PredictionBase {
  const { baseline, against = null, againstSet: set = [], againstRef: ref } = options
  if (baseline !== undefined) return { kind: 'file', path: baseline }
  if (ref === undefined) return { kind: 'scenario', path: against, set }
  return { kind: 'ref', ref, prepare: options.prepare, run: options.run }
}

async function measured(file: string, options: GateOptions, job: Job): Promise<Gate> {
  const { against = file, againstSet = [], againstRef: ref, set = [], margin, load } = options
  const given = { ...options, signal: job.signal, onNote: note }
  const head = await prepare(file, given)
  const profile = options.profile === undefined ? undefined : await loadProfile(options.profile)
  const changed = againstSet.length === 0 ? '' : ` with ${againstSet.join(', ')}`
  const run = async (path: string, from: string) =>
    measuredGate(await prepare(path, { ...given, set: [...set, ...againstSet] }), head, {
      ...job,
      margin,
      load,
      from: `${from}${changed}`,
      ...(options.seconds !== undefined && { seconds: options.seconds }),
      ...(profile && { profile }),
    })
  if (ref === undefined) return run(against, against)
  const version = { prepare: options.prepare, signal: job.signal }
  return withOtherVersion(ref, version, ({ directory, commit }) =>
    run(versionOf(directory, file), `${ref} (${commit.slice(0, 12)})`),
  )
}

async function update(
  files: readonly string[],
  options: GateOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { set, seed, profile, replications, workers } = options
  const path = options.baseline!
  const entries = await withProgress((onProgress, { warn }) =>
    simulateEntries(files, {
      signal,
      onProgress,
      onWarning: warn,
      onNote: note,
      replications,
      ...(set && { set }),
      ...(seed !== undefined && { seed }),
      ...(profile !== undefined && { profile }),
      ...(workers !== undefined && { workers }),
    }),
  )
  const baseline = await updateBaseline(path, entries)
  await emit({ json: options.json }, { baseline }, 'baseline', `written: ${path}`)
  return EXIT.ok
}

function refuseUsage(files: readonly string[], options: GateOptions): void {
  const problem = usageProblem(files, options)
  if (problem !== null) throw new Failure(problem, EXIT.usage)
}

function usageProblem(files: readonly string[], options: GateOptions): string | null {
  const { fidelity, measured: replayed, baseline, update: writes, out } = options
  const { against, againstSet = [], againstRef } = options
  if (fidelity !== undefined) {
    return files.length === 0 ? null : '--fidelity: takes no scenario: the folder holds its own'
  }
  if (files.length === 0) return 'name a scenario, or a folder of replays with --fidelity'
  const twice = files.find((file, i) => files.indexOf(file) !== i)
  if (twice !== undefined) return `${twice}: is named twice`
  if (writes === true && baseline === undefined) return '--update: needs --baseline FILE to write'
  const [other] = againstSet
  if (baseline !== undefined && other !== undefined) {
    return '--against-set: cannot change a baseline; remove one of the two'
  }
  const bases = [baseline, against, other, againstRef].filter((one) => one !== undefined)
  if (bases.length === 0) {
    return 'name a base: --baseline FILE, --against SCENARIO, --against-set or --against-ref REF'
  }
  for (const key of ['prepare', 'run'] as const) {
    if (options[key] !== undefined && againstRef === undefined) {
      return `--${key}: is for the checkout of --against-ref REF`
    }
  }
  if (againstRef !== undefined && other !== undefined && replayed !== true) {
    return '--against-set: changes no version of --against-ref; use --set, which changes both'
  }
  if (
    baseline !== undefined &&
    out !== undefined &&
    resolve(baseline) === resolve(join(out, 'gate.json'))
  ) {
    return `--out ${out}: its gate.json would replace the baseline; choose another folder`
  }
  if (replayed !== true) return null
  if (baseline !== undefined)
    return '--measured: replays its base, and a baseline holds figures only'
  return files.length === 1 ? null : '--measured: takes one scenario'
}

/** An option's value as a relative change. */
function marginOf(text: string): number {
  const value = /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : Number(text)
  if (value > 0 && value < 1) return value
  throw new InvalidArgumentError(
    `Expected a share between 0 and 1, or a percentage such as 5%, got ${text}.`,
  )
}

function loadOf(text: string): number {
  const value = positiveNumber(text)
  if (value <= MOST_GATE_LOAD) return value
  throw new InvalidArgumentError(
    `Expected at most ${MOST_GATE_LOAD}: beyond it queues decide the tail, got ${text}.`,
  )
}
