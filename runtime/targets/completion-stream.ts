import { hasFewValues } from '../../scenarios/light.ts'
import type { Ms } from '../../sim/serving/index.ts'
import { kindOf, own } from '../serve/json-fields.ts'
import { EventStream, type ServerEvent } from './event-stream.ts'
import { type AnswerHead, type AnswerReader, expectPlain } from './http-target.ts'
import { TargetProblem } from './target-problem.ts'

/** What a server has answered with. */
export interface Completed {
  /** when the part that its first token was in has come */
  readonly firstTokenMs: Ms
  /** when its end has come */
  readonly endMs: Ms
  /** tokens as the server counts them; null where it does not */
  readonly tokens: number | null
  /** events with tokens, of which each may have several */
  readonly chunks: number
}

interface StreamOptions {
  /** tokens that were asked for */
  readonly asked: number
  readonly now: () => Ms
  /** makes a text of the server fit to be shown */
  readonly shown: (text: string) => string
}

/** Of an answer that is no stream: only its beginning is shown. */
const MOST_TEXT_BYTES = 64 * 1024
/** Lists, keys and numbers of the JSON of an event. */
const MOST_VALUES = 1e5

/**
 * Reads a completion that comes as events, one or several tokens in each. How many tokens came is
 * known from what the server counts, and never from the number of events. Throws `TargetProblem`
 * where the stream is not as it should be.
 */
export class CompletionStream implements AnswerReader {
  readonly #options: StreamOptions
  readonly #events = new EventStream()
  #head: AnswerHead = { status: 0, headers: {} }
  /** of an answer that is no stream */
  readonly #text: Uint8Array[] = []
  #textBytes = 0
  /** when the first event with a choice came, and the first one with a text or tokens in it */
  #firstChoice: Ms = Number.NaN
  #firstTokens: Ms = Number.NaN
  #chunks = 0
  /** tokens that stand in events by their numbers; null where an event has none */
  #ids: number | null = 0
  /** of the last event that has counts */
  #counted: number | null = null
  #completed: Completed | null = null

  constructor(options: StreamOptions) {
    this.#options = options
  }

  get completed(): Completed {
    if (this.#completed === null) throw new Error('Expected a stream that is complete')
    return this.#completed
  }

  begin(head: AnswerHead): void {
    expectPlain(head)
    this.#head = head
  }

  take(part: Uint8Array): boolean {
    const now = this.#options.now()
    if (!this.#isStream) {
      if (this.#textBytes < MOST_TEXT_BYTES) this.#text.push(part)
      this.#textBytes += part.length
      return false
    }
    for (const event of this.#events.push(part)) {
      if (event.data.trim() === '[DONE]') {
        this.#completed = this.#complete(now)
        return true
      }
      this.#event(event, now)
    }
    return false
  }

  end(): void {
    const { status, headers } = this.#head
    if (this.#isStream) throw new TargetProblem('stream cut', 'it ended before [DONE]')
    const text = Buffer.concat(this.#text).toString().trim()
    const shown = this.#options.shown(text)
    if (status !== 200) throw new TargetProblem('status', `it answered ${status} (${shown})`)
    this.#expectNoError(parsed(text) ?? {}, '')
    const type = this.#options.shown(headers['content-type'] ?? 'nothing')
    throw new TargetProblem('answer', `expected text/event-stream, got ${type} (${shown})`)
  }

  get #isStream(): boolean {
    const { status, headers } = this.#head
    return status === 200 && /^text\/event-stream\b/i.test(headers['content-type'] ?? '')
  }

  #event({ kind, data }: ServerEvent, now: Ms): void {
    const event = hasFewValues(data, MOST_VALUES) ? parsed(data) : null
    if (event === null) {
      // a text after the name of an error need not be JSON
      this.#expectNoError({}, kind, data)
      throw new TargetProblem('answer', `expected a map as JSON, got ${this.#options.shown(data)}`)
    }
    this.#expectNoError(event, kind, data)
    const usage = own(event, 'usage') ?? null
    if (usage !== null) this.#counted = this.#countOf(usage)
    const choices = own(event, 'choices') ?? (usage === null ? null : [])
    if (!Array.isArray(choices)) {
      throw new TargetProblem(
        'answer',
        `choices: expected a list, got ${this.#options.shown(kindOf(choices))}`,
      )
    }
    if (choices.length > 0) this.#choice(choices[0], now)
  }

  #choice(choice: unknown, now: Ms): void {
    if (typeof choice !== 'object' || choice === null) {
      throw new TargetProblem(
        'answer',
        `choices[0]: expected a map, got ${this.#options.shown(kindOf(choice))}`,
      )
    }
    const text = own(choice, 'text')
    const ids = own(choice, 'token_ids')
    if (Number.isNaN(this.#firstChoice)) this.#firstChoice = now
    const hasText = typeof text === 'string' && text !== ''
    const hasIds = Array.isArray(ids) && ids.length > 0
    if (!hasText && !hasIds) return
    if (Number.isNaN(this.#firstTokens)) this.#firstTokens = now
    this.#chunks++
    this.#ids = this.#ids === null || !hasIds ? null : this.#ids + ids.length
  }

  /** Servers name an error by a key, by their kind of object, or by the kind of the event. */
  #expectNoError(event: object, kind: string, data = ''): void {
    const error = own(event, 'error') ?? null
    if (error === null && own(event, 'object') !== 'error' && kind !== 'error') return
    const text = this.#options.shown(messageIn(error) ?? messageIn(event) ?? data)
    throw new TargetProblem('stream error', `it answered with an error (${text})`)
  }

  #countOf(usage: unknown): number {
    const map = typeof usage === 'object' && usage !== null ? usage : {}
    const count = own(map, 'completion_tokens')
    if (Number.isInteger(count) && (count as number) >= 0) return count as number
    const text = `expected a whole number, got ${this.#options.shown(kindOf(count))}`
    throw new TargetProblem('answer', `usage.completion_tokens: ${text}`)
  }

  #complete(now: Ms): Completed {
    const { asked } = this.#options
    const chunks = this.#chunks
    const firstTokenMs = Number.isNaN(this.#firstTokens) ? this.#firstChoice : this.#firstTokens
    if (Number.isNaN(firstTokenMs)) {
      throw new TargetProblem('answer', 'no token came before [DONE]')
    }
    const came = chunks > 0 ? this.#ids : null
    const counted = this.#counted
    if (counted !== null && (counted < chunks || (came ?? counted) !== counted)) {
      const text = came === null ? `at least ${chunks}` : `${came}`
      throw new TargetProblem('token count', `its usage has ${counted} tokens, and ${text} came`)
    }
    const tokens = counted ?? came
    if (tokens !== null && tokens !== asked) {
      throw new TargetProblem('token count', `expected ${asked} tokens, got ${tokens}`)
    }
    return { firstTokenMs, endMs: now, tokens, chunks }
  }
}

/** Null where it is no JSON, or no map. */
function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

/** The text of an error, which is one or has one. */
function messageIn(error: unknown): string | null {
  if (typeof error === 'string') return error
  if (typeof error !== 'object' || error === null) return null
  const message = own(error, 'message')
  return typeof message === 'string' ? message : null
}
