import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gateJunit, gateMarkdown } from '../../reports/index.ts'
import { EXIT, type ExitCode, Failure, visibleLine } from '../../scenarios/index.ts'
import type { Gate } from '../../sim/documents/index.ts'
import { commandLine, note, type ScenarioOptions } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { gateKind } from '../documents/gate.ts'
import { lockFolder } from '../folders/folder-lock.ts'
import { loadProfile } from '../folders/profile-file.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { REPLICATIONS } from '../jobs/defaults.ts'
import { updateBaseline } from '../jobs/gate/baseline.ts'
import { dataFiles } from '../jobs/gate/data-files.ts'
import { fidelityGate } from '../jobs/gate/fidelity-gate.ts'
import { measuredGate, newScenarioGate } from '../jobs/gate/measured-gate.ts'
import { withOtherVersion } from '../jobs/gate/other-version.ts'
import {
  baselineEntries,
  type PredictionBase,
  predictionGate,
} from '../jobs/gate/prediction-gate.ts'
import { type Prepared, prepare } from '../jobs/prepare.ts'
import {
  appendCsv,
  dropOutputs,
  forContinuousIntegration,
  OUTPUTS,
  writeEnded,
  writeInterim,
} from './gate-outputs.ts'
import { emit, print } from './output.ts'

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
  readonly maxMinutes: number
  readonly fidelity?: string
  readonly profile?: string
  readonly replications: number
  readonly workers?: number
  readonly csv?: string
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
    ...{ set, seed, profile, workers },
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
  const { maxMinutes, out } = options
  const most = maxMinutes === 1 ? '1 minute' : `${maxMinutes} minutes`
  note(`the gate ends within about ${most} (--max-minutes), mostly after two to four`)
  const common = { ...options, signal: job.signal, onNote: note }
  const head = await prepare(file, common)
  const profile = options.profile === undefined ? undefined : await loadProfile(options.profile)
  const changed = againstSet.length === 0 ? '' : ` with ${againstSet.join(', ')}`
  const ofBase = { ...common, set: [...set, ...againstSet] }
  const run = (base: Prepared, from: string) =>
    measuredGate(base, head, {
      ...job,
      margin,
      load,
      maxMinutes,
      ...(out !== undefined && { onInterim: (gate: Gate) => writeInterim(out, gate) }),
      from: `${from}${changed}`,
      seconds: options.seconds,
      profile,
    })
  if (ref === undefined) return run(await prepare(against, ofBase), against)
  const version = { prepare: options.prepare, signal: job.signal }
  return withOtherVersion(ref, version, async (otherVersion) => {
    const there = otherVersion.scenario(file)
    if (there === null) {
      const { seconds } = options
      return newScenarioGate(head, { ...job, from: otherVersion.from, margin, seconds, profile })
    }
    if (there.path === null) {
      const text = 'ships with Spillway, and --measured replays both versions with this one'
      throw new Failure(`${file}: ${text}; name a file of the repository`)
    }
    const files: string[] = []
    const onFile = (read: string) => files.push(read)
    const base = await prepare(there.path, { ...ofBase, onFile })
    otherVersion.expectOwn(file, [...files, ...dataFiles(base)])
    return run(base, otherVersion.from)
  })
}

async function update(
  files: readonly string[],
  options: GateOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { set, seed, profile, replications, workers } = options
  const path = options.baseline!
  const entries = await withProgress((onProgress, { warn }) =>
    baselineEntries(files, {
      signal,
      onProgress,
      onWarning: warn,
      onNote: note,
      ...{ set, seed, profile, replications, workers },
    }),
  )
  const baseline = await updateBaseline(path, entries)
  print(options, baseline, `written: ${visibleLine(path)}`)
  return EXIT.ok
}

/** What a gate is of, before it has a document. */
function subjectOf(files: readonly string[], { fidelity, measured: replayed }: GateOptions) {
  const command = commandLine()
  if (fidelity !== undefined) return { gate: 'fidelity', files: [fidelity], command } as const
  return { gate: replayed === true ? 'measured' : 'prediction', files, command } as const
}

/** The output of a gate that a file is, through links, too; null for none. */
const outputAt = (file: string, out: string) =>
  OUTPUTS.find((name) => realPath(file) === join(realPath(out), name)) ?? null

/** Where a path leads to through links; the full path where nothing is there yet. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return resolve(path)
  }
}

function refuseUsage(files: readonly string[], options: GateOptions): void {
  const problem = usageProblem(files, options)
  if (problem !== null) throw new Failure(problem, EXIT.usage)
}

function usageProblem(files: readonly string[], options: GateOptions): string | null {
  const { fidelity, measured: replayed, baseline, update: writes, out } = options
  const { against, againstSet = [], againstRef } = options
  if (fidelity !== undefined) {
    if (files.length > 0) return '--fidelity: takes no scenario: the folder holds its own'
    return out !== undefined && realPath(out) === realPath(fidelity)
      ? `--out ${out}: its report.html would replace that of the replays; choose another folder`
      : null
  }
  if (files.length === 0) return 'name a scenario, or a folder of replays with --fidelity'
  const places = files.map((file) => resolve(file))
  const twice = files.find((_, i) => places.indexOf(places[i]!) !== i)
  if (twice !== undefined) return `${twice}: is named twice`
  if (writes === true && baseline === undefined) return '--update: needs --baseline FILE to write'
  const [change] = againstSet
  if (baseline !== undefined && change !== undefined) {
    return '--against-set: cannot change a baseline; remove one of the two'
  }
  const bases = [baseline, against, change, againstRef].filter((base) => base !== undefined)
  if (bases.length === 0) {
    return 'name a base: --baseline FILE, --against SCENARIO, --against-set or --against-ref REF'
  }
  for (const key of ['prepare', 'run'] as const) {
    if (options[key] !== undefined && againstRef === undefined) {
      return `--${key}: is for the checkout of --against-ref REF`
    }
  }
  if (againstRef !== undefined && change !== undefined && replayed !== true) {
    return '--against-set: changes no version of --against-ref; use --set, which changes both'
  }
  const replaced = baseline === undefined || out === undefined ? null : outputAt(baseline, out)
  if (replaced !== null) {
    return `--out ${out}: its ${replaced} would replace the baseline; choose another folder`
  }
  if (replayed !== true) return null
  if (baseline !== undefined)
    return '--measured: replays its base, and a baseline holds figures only'
  return files.length === 1 ? null : '--measured: takes one scenario'
}

export async function perform(
  signal: AbortSignal,
  files: string[],
  options: GateOptions,
): Promise<ExitCode> {
  refuseUsage(files, options)
  const undo = await writableFolder(options.out)
  if (options.update === true) return update(files, options, signal)
  return withFolder(signal, files, options).catch(undo)
}

/** One gate at a time has the folder of `--out`: each replaces all that is there. */
async function withFolder(
  signal: AbortSignal,
  files: readonly string[],
  options: GateOptions,
): Promise<ExitCode> {
  const { out } = options
  const subject = subjectOf(files, options)
  const lock =
    out === undefined
      ? null
      : // the outputs there are of the gate that has the folder
        await lockFolder(out, 'runs a gate there', { signal }).catch((error: unknown) =>
          writeEnded(error, subject, undefined),
        )
  try {
    await dropOutputs(out)
    const gate = await judgeWithProgress(signal, files, options).catch((error: unknown) =>
      writeEnded(error, subject, out),
    )
    return await keep(gate, options)
  } finally {
    await lock?.release()
  }
}

function judgeWithProgress(
  signal: AbortSignal,
  files: readonly string[],
  options: GateOptions,
): Promise<Gate> {
  return withProgress(async (onProgress, { warn }) => {
    // base and head may have the same
    const warnings = new Set<string>()
    const onWarning = (text: string) => {
      warnings.add(text)
      warn(text)
    }
    const job = { signal, onProgress, onWarning, command: commandLine() }
    const gate = await judge(files, options, job)
    return { ...gate, warnings: [...warnings] }
  })
}

/** Writes all outputs of a gate. */
async function keep(gate: Gate, options: GateOptions): Promise<ExitCode> {
  const exitCode = await emit(options, gateKind, gate, {
    stage: async (change) => {
      await change.write('gate.xml', gateJunit(gate))
      await change.write('gate.md', gateMarkdown(gate))
    },
  })
  if (options.csv !== undefined) await appendCsv(options.csv, gate)
  await forContinuousIntegration(gate)
  return exitCode
}
