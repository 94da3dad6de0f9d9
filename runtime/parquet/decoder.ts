import { EXIT, Failure } from '../../scenarios/index.ts'
import { Child, ChildEnded, entryBeside } from '../process/child.ts'
import type { Decoded, DecodedPart, DecodeRequest } from './parquet-process.ts'

/** Time without progress after which a file counts as damaged, ms; the second is per MB of it. */
const PATIENCE_MS = 6000
const PATIENCE_MS_PER_MB = 1000

export interface DecodeOptions {
  /** of the file in messages */
  readonly name: string
  readonly bytes: number
  readonly signal?: AbortSignal | undefined
  readonly onPart?: (part: DecodedPart) => void
}

/** The process that decodes all files of this one; it is started with the first file. */
let child: Child | null = null

/** The file before has been decoded. */
let idle: Promise<unknown> = Promise.resolve()

/**
 * Decodes a Parquet file in a separate process, one file after another. On some damaged files the
 * library loops for ever and ignores Ctrl-C. Throws `Failure` if decoding does not end, and what
 * `onPart` throws. The process is kept for the next file, unless this one has stopped it.
 */
export function decode(request: DecodeRequest, options: DecodeOptions): Promise<Decoded> {
  const answer = idle.then(() => ask(request, options))
  idle = answer.catch(() => {})
  return answer
}

async function ask(
  request: DecodeRequest,
  { name, bytes, signal, onPart }: DecodeOptions,
): Promise<Decoded> {
  if (child?.alive !== true) {
    child = new Child(entryBeside(import.meta.url, 'parquet-process'), {
      name: 'the decoder of Parquet',
    })
  }
  const damaged = (why: string) =>
    new Failure(`${name}: cannot be decoded as Parquet: ${why}`, EXIT.invalidInput)
  const patienceMs = PATIENCE_MS + (PATIENCE_MS_PER_MB * bytes) / 1e6
  const silence = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const refused: unknown[] = []
  const receive = (part: DecodedPart) => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), patienceMs)
    if (refused.length > 0) return
    try {
      onPart?.(part)
    } catch (error) {
      refused.push(error)
    }
  }
  try {
    const either = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal
    const answer = await child.ask<Decoded, DecodedPart>(request, {
      signal: either,
      onPart: receive,
    })
    if (refused.length > 0) throw refused[0]
    return answer
  } catch (error) {
    if (signal?.aborted === true) throw error
    if (silence.signal.aborted) {
      throw damaged(`no progress in ${Math.round(patienceMs / 1000)} s; the file may be damaged`)
    }
    throw error instanceof ChildEnded
      ? damaged('its decoder ended; the file may be damaged')
      : error
  } finally {
    clearTimeout(timer)
  }
}
