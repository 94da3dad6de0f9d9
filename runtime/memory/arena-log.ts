import type { ModelFile, SessionOptions } from '../models/index.ts'

/** Batch size and padded length. */
export type Shape = readonly [batch: number, length: number]

/** The task of the process that observes an arena. */
export interface ArenaRuns {
  readonly file: ModelFile
  readonly session: SessionOptions
  readonly runs: readonly Shape[]
}

/** Messages of that process, between the lines of ONNX Runtime's log. */
export type ArenaMark =
  | {
      readonly kind: 'started' | 'loaded' | 'ended'
      readonly process: Partial<ArenaLog['process']>
    }
  | { readonly kind: 'run'; readonly run: number }
  | { readonly kind: 'failed'; readonly problem: string }

/** A node of the graph in a run, from the profile. Bytes, weights included. */
export interface ProfiledNode {
  readonly name: string
  readonly op: string
  /** requested and not yet freed after the node, and the change while it ran */
  readonly requested: number
  readonly requestedDelta: number
  /** the same in whole chunks */
  readonly inUse: number
  readonly inUseDelta: number
  /** most bytes in use so far: in all runs, and also within nodes */
  readonly peak: number
  readonly outputs: readonly number[]
}

export interface ArenaRun {
  readonly shape: Shape
  /** sizes of extensions in sequence, bytes */
  readonly extensions: readonly number[]
  readonly nodes: readonly ProfiledNode[]
}

/** A node of the graph that runs. */
export interface GraphNode {
  readonly op: string
  /** names of values, without optional ones that are omitted */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** The graph after ONNX Runtime has optimised it. */
export interface NodeGraph {
  /** in the order of execution */
  readonly nodes: readonly GraphNode[]
  /** names of output values */
  readonly outputs: readonly string[]
}

/** Activity of ONNX Runtime's arena. */
export interface ArenaLog {
  /** null if it was not requested */
  readonly graph: NodeGraph | null
  /** sizes of reservations while the session was created, bytes */
  readonly reserved: readonly number[]
  /** the requested runs, or fewer if the profiler's buffer was full */
  readonly runs: readonly ArenaRun[]
  /** memory of the process: before and after the model was loaded, peak, and at the end */
  readonly process: {
    readonly startedMib: number
    readonly loadedMib: number
    readonly peakMib: number
    readonly endedMib: number
  }
}

/** Parses the log of a process line by line. */
export class LogReader {
  readonly reserved: number[] = []
  readonly extensions: number[][] = []
  ended = false
  readonly process = { startedMib: 0, loadedMib: 0, peakMib: 0, endedMib: 0 }
  problem: string | null = null

  /** The mark in the line; null if the line is part of ONNX Runtime's log. */
  take(line: string): ArenaMark | null {
    const marked = /^spillway (\{.*\})$/.exec(line)
    if (marked !== null) {
      const mark = JSON.parse(marked[1]!) as ArenaMark
      this.#mark(mark)
      return mark
    }
    const extended = /Extended allocation by (\d+) bytes/.exec(line)
    // before the first run, folded constants may use arena memory, too
    if (extended !== null) this.extensions.at(-1)?.push(Number(extended[1]))
    const reserved = /Reserving memory.* size: (\d+)/.exec(line)
    if (reserved !== null) this.reserved.push(Number(reserved[1]))
    return null
  }

  #mark(mark: ArenaMark): void {
    if (mark.kind === 'run') this.extensions.push([])
    else if (mark.kind === 'failed') this.problem = mark.problem
    else {
      Object.assign(this.process, mark.process)
      this.ended = mark.kind === 'ended'
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

/** Parses a profile line by line, one event each, and collects the nodes of every whole run. */
export class ProfileReader {
  readonly runs: (readonly ProfiledNode[])[] = []
  #nodes: ProfiledNode[] = []

  take(line: string): void {
    // skips the outer brackets and a truncated last line
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

/** Bytes of an element by its type. */
const ELEMENT: Readonly<Record<string, number>> = {
  double: 8,
  int64: 8,
  uint64: 8,
  float: 4,
  int32: 4,
  uint32: 4,
  float16: 2,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
}

/** NaN for elements without a fixed size, such as strings. */
function bytesOf(typed: Readonly<Record<string, readonly number[]>>): number {
  const [[type, shape]] = Object.entries(typed) as [[string, readonly number[]]]
  return shape.reduce((product, size) => product * size, ELEMENT[type] ?? Number.NaN)
}
