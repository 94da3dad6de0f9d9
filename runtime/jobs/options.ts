export type Progress = (phase: string, done: number, of: number) => void

/** What every job that takes long has in common. */
export interface JobOptions {
  /** ends the job with a `Failure` of exit code 130 */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: Progress | undefined
}

/** Of jobs that may load servers. */
export interface LoadingOptions extends JobOptions {
  /** gets what will be sent to a server, before it is */
  readonly onNote?: ((text: string) => void) | undefined
}

/** Of jobs that leave a document which names what made it. */
export interface DocumentOptions extends JobOptions {
  /** the command line, or whatever else makes the document again */
  readonly command?: string | undefined
}

/** Of jobs on a trace. */
export interface TraceJobOptions extends DocumentOptions {
  /** names the trace in the document; default its path */
  readonly file?: string
  /** names a key of the trace's arrivals as the user sets it; default: as in a scenario */
  readonly key?: (name: string) => string
}

/** Keys as in a scenario. */
export const ownKey = (name: string): string => name

export const LIBRARY_CALL = 'spillway, called as a library'
