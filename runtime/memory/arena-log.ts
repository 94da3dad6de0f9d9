import type { ModelFile, SessionOptions } from '../models/index.ts'

/** Batch size and padded length. */
export type Shape = readonly [batch: number, length: number]

/** What the process of an arena is told. */
export interface ArenaRuns {
  readonly file: ModelFile
  readonly session: SessionOptions
  readonly runs: readonly Shape[]
}

/** What the process says for itself, between the lines of ONNX Runtime's log. */
export type ArenaMark =
  | { readonly kind: 'started'; readonly rssMib: number }
  | { readonly kind: 'loaded'; readonly rssMib: number }
  | { readonly kind: 'run'; readonly run: number }
  | { readonly kind: 'ended'; readonly rssMib: number; readonly peakMib: number }
  | { readonly kind: 'failed'; readonly problem: string }

/** A node of the graph in a run, as the profile tells it. Bytes, weights included. */
export interface ProfiledNode {
  readonly name: string
  readonly op: string
  /** what was asked for and not freed after it, and by how much it grew while the node ran */
  readonly requested: number
  readonly requestedDelta: number
  /** the same in whole chunks */
  readonly inUse: number
  readonly inUseDelta: number
  /** most that was in use so far, in all runs, and within nodes too */
  readonly peak: number
  readonly outputs: readonly number[]
}

export interface ArenaRun {
  readonly shape: Shape
  /** sizes of extensions in turn, bytes */
  readonly extensions: readonly number[]
  readonly nodes: readonly ProfiledNode[]
}

/** A node of the graph that is run. */
export interface GraphNode {
  readonly op: string
  /** names of values; those that are left out are not there */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** The graph that ONNX Runtime made of a model. */
export interface NodeGraph {
  /** in the order in which they run */
  readonly nodes: readonly GraphNode[]
  /** names of values that come out */
  readonly outputs: readonly string[]
}

/** What ONNX Runtime's arena did. */
export interface ArenaLog {
  /** null where it was not asked for */
  readonly graph: NodeGraph | null
  /** sizes of reservations while the session was made, bytes */
  readonly reserved: readonly number[]
  /** those that were asked for, or fewer where the profiler was full before */
  readonly runs: readonly ArenaRun[]
  /** memory of the process: before and after the model was loaded, most, and at the end */
  readonly process: {
    readonly startedMib: number
    readonly loadedMib: number
    readonly peakMib: number
    readonly endedMib: number
  }
}

/** Takes lines of the log of a process in turn. */
export class LogReader {
  readonly reserved: number[] = []
  readonly extensions: number[][] = []
  ended = false
  readonly process = { startedMib: 0, loadedMib: 0, peakMib: 0, endedMib: 0 }
  problem: string | null = null

  /** What the process says for itself in the line; null where the line is something else. */
  take(line: string): ArenaMark | null {
    const told = /^spillway (\{.*\})$/.exec(line)
    if (told !== null) {
      const mark = JSON.parse(told[1]!) as ArenaMark
      this.#mark(mark)
      return mark
    }
    const extended = /Extended allocation by (\d+) bytes/.exec(line)
    // before the first run folded constants may take memory of the arena too
    if (extended !== null) this.extensions.at(-1)?.push(Number(extended[1]))
    const reserved = /Reserving memory.* size: (\d+)/.exec(line)
    if (reserved !== null) this.reserved.push(Number(reserved[1]))
    return null
  }

  #mark(mark: ArenaMark): void {
    if (mark.kind === 'run') this.extensions.push([])
    else if (mark.kind === 'failed') this.problem = mark.problem
    else if (mark.kind === 'started') this.process.startedMib = mark.rssMib
    else if (mark.kind === 'loaded') this.process.loadedMib = mark.rssMib
    else if (mark.kind === 'ended') {
      this.ended = true
      this.process.endedMib = mark.rssMib
      this.process.peakMib = mark.peakMib
    }
  }
}

interface ProfileEvent {
  readonly cat: string
  readonly name: string
  readonly args: Readonly<Record<string, string>> & {
    readonly output_type_shape: readonly Readonly<Record<string, readonly number[]>>[]
  }
}

/** Takes the lines of a profile, an event each, and gathers the nodes of every whole run. */
export class ProfileReader {
  readonly runs: (readonly ProfiledNode[])[] = []
  #nodes: ProfiledNode[] = []

  take(line: string): void {
    // brackets around all, and a last line that was cut off
    if (!line.startsWith('{') || !/\},?$/.test(line)) return
    const { cat, name, args } = JSON.parse(line.replace(/,$/, '')) as ProfileEvent
    if (cat === 'Session' && name === 'model_run') {
      this.runs.push(this.#nodes)
      this.#nodes = []
    }
    if (cat === 'Node' && name.endsWith(KERNEL)) this.#nodes.push(nodeOf(name, args))
  }
}

const KERNEL = '_kernel_time'

function nodeOf(name: string, args: ProfileEvent['args']): ProfiledNode {
  return {
    name: name.slice(0, -KERNEL.length),
    op: args.op_name ?? '',
    requested: Number(args.mem_bytes_requested_in_use),
    requestedDelta: Number(args.mem_requested_in_use_delta),
    inUse: Number(args.mem_bytes_in_use),
    inUseDelta: Number(args.mem_in_use_delta),
    peak: Number(args.mem_in_use_peak),
    outputs: args.output_type_shape.map(bytesOf),
  }
}

const ELEMENT: Readonly<Record<string, number>> = {
  double: 8,
  float: 4,
  float16: 2,
  int64: 8,
  uint64: 8,
  int32: 4,
  uint32: 4,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
}

/** NaN for elements of no fixed size, such as texts. */
function bytesOf(typed: Readonly<Record<string, readonly number[]>>): number {
  const [[type, shape]] = Object.entries(typed) as [[string, readonly number[]]]
  return shape.reduce((product, size) => product * size, ELEMENT[type] ?? Number.NaN)
}
