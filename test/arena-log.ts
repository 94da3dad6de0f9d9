import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Model, Precision } from '../scenarios/index.ts'
import { ROOT } from './spillway.ts'

/** What the child process is told. */
export interface ArenaRuns {
  readonly model: Model
  readonly precision: Precision
  readonly memoryPattern: boolean
  /** for the model and the profile */
  readonly folder: string
  /** of each run */
  readonly runs: readonly (readonly [batch: number, length: number])[]
}

/** A node of the graph in a run, as the profile tells it. Bytes. */
export interface ProfiledNode {
  /** what the arena had given after it, and by how much it grew while the node ran */
  readonly requested: number
  readonly requestedDelta: number
  /** the same in whole chunks */
  readonly inUse: number
  readonly inUseDelta: number
  readonly outputs: readonly number[]
}

/** What ONNX Runtime's arena did. */
export interface ArenaLog {
  /** sizes of reservations while the session was made */
  readonly reserved: readonly number[]
  /** sizes of extensions in turn, of each run */
  readonly extensions: readonly (readonly number[])[]
  readonly nodes: readonly (readonly ProfiledNode[])[]
}

/** Runs a model in a process of its own and reads its log and its profile. */
export async function observeArena(options: Omit<ArenaRuns, 'folder'>): Promise<ArenaLog> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-arena-'))
  try {
    const told = JSON.stringify({ ...options, folder } satisfies ArenaRuns)
    const args = ['--import', 'tsx', join(ROOT, 'test/arena-child.ts'), told]
    const { stderr } = await promisify(execFile)(process.execPath, args, {
      cwd: ROOT,
      maxBuffer: 2 ** 28,
    })
    const profile = readdirSync(folder).find((name) => name.startsWith('profile'))!
    const events = JSON.parse(readFileSync(join(folder, profile), 'utf8')) as ProfileEvent[]
    const [load, ...runs] = stderr.split(/^run \d+$/m)
    return {
      reserved: sizes(load!, /Reserving memory.* size: (\d+)/g),
      extensions: runs.map((text) => sizes(text, /Extended allocation by (\d+) bytes/g)),
      nodes: nodesOf(events, options.runs.length),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const sizes = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, bytes]) => Number(bytes))

interface ProfileEvent {
  readonly cat: string
  readonly name: string
  readonly args: Readonly<Record<string, string>> & {
    readonly output_type_shape: readonly Readonly<Record<string, readonly number[]>>[]
  }
}

/** Every run has the same nodes. */
function nodesOf(events: readonly ProfileEvent[], runs: number): ProfiledNode[][] {
  const all = events
    .filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'))
    .map(({ args }) => ({
      requested: Number(args.mem_bytes_requested_in_use),
      requestedDelta: Number(args.mem_requested_in_use_delta),
      inUse: Number(args.mem_bytes_in_use),
      inUseDelta: Number(args.mem_in_use_delta),
      outputs: args.output_type_shape.map(bytesOf),
    }))
  const each = all.length / runs
  if (!Number.isInteger(each)) throw new Error(`Expected ${runs} equal runs, got ${all.length}`)
  return Array.from({ length: runs }, (_, run) => all.slice(run * each, (run + 1) * each))
}

const ELEMENT: Readonly<Record<string, number>> = {
  double: 8,
  float: 4,
  float16: 2,
  int64: 8,
  int32: 4,
  int8: 1,
  uint8: 1,
  bool: 1,
}

function bytesOf(typed: Readonly<Record<string, readonly number[]>>): number {
  const [[type, shape]] = Object.entries(typed) as [[string, readonly number[]]]
  const bytes = ELEMENT[type]
  if (bytes === undefined) throw new Error(`Expected an element type, got ${type}`)
  return shape.reduce((product, size) => product * size, bytes)
}
