/**
 * The Trace Event Format of Chrome's tracing, which Perfetto reads too. Source: N. Duca and
 * D. Sinclair, docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU. Each kind
 * names its section there. Times are in µs and may have decimals.
 */

type Argument = string | number | null | readonly number[] | Readonly<Record<string, number>>
type Arguments = Readonly<Record<string, Argument>>

interface Placed {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
}

/** Complete events: a slice of a track. Slices of a track nest or do not overlap. */
export interface Slice extends Placed {
  readonly ph: 'X'
  readonly cat: string
  readonly dur: number
  readonly args: Arguments
}

/** Nestable async events: slices that may overlap. Events of one `cat` and `id` belong together. */
export interface AsyncEvent extends Placed {
  /** begin, instant, end */
  readonly ph: 'b' | 'n' | 'e'
  readonly cat: string
  readonly id: number
  readonly args: Arguments
}

/** Counter events: the value of each series from now on; by name within a process. */
export interface Counter {
  readonly ph: 'C'
  readonly name: string
  readonly pid: number
  readonly ts: number
  readonly args: Readonly<Record<string, number>>
}

/** Instant events; scope `t` draws them on their track only. */
export interface Instant extends Placed {
  readonly ph: 'i'
  readonly cat: string
  readonly s: 't'
  readonly args: Arguments
}

/** Flow events: an arrow between the slices that enclose its start and its end (`bp: e`). */
export interface FlowEvent extends Placed {
  readonly ph: 's' | 'f'
  readonly cat: string
  readonly id: number
  readonly bp?: 'e'
}

/** Metadata events: names and order of processes and threads. */
export interface Metadata {
  readonly ph: 'M'
  readonly name: 'process_name' | 'process_sort_index' | 'thread_name' | 'thread_sort_index'
  readonly pid: number
  readonly tid?: number
  readonly args: Readonly<Record<string, string | number>>
}

export type TraceEvent = Slice | AsyncEvent | Counter | Instant | FlowEvent | Metadata

/** Nanoseconds of a time in ms: readers keep whole nanoseconds. */
export const nanoseconds = (ms: number) => Math.round(ms * 1e6)

/**
 * Whole nanoseconds in µs. Some readers cut off what is below a nanosecond, so the number is not
 * below the instant: a slice would overlap the one before it by a nanosecond.
 */
export function microseconds(ns: number): number {
  const us = ns / 1000
  return Math.trunc(us * 1000) === ns ? us : us * (1 + Number.EPSILON)
}
