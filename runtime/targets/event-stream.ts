import { TargetProblem } from './target-problem.ts'

/** An event of a server, and the name of its kind where it states one. */
export interface ServerEvent {
  readonly kind: string
  readonly data: string
}

/** Of a line, and of all lines of an event together. */
const MOST_CHARACTERS = 2 ** 20

/**
 * Server-sent events, of parts that end anywhere, also within a character (WHATWG HTML, 9.2.6).
 * Comments, which servers send as pings, and events without data are skipped.
 */
export class EventStream {
  readonly #decoder = new TextDecoder()
  /** of a line that has not ended */
  #line = ''
  /** whether the last part ended with a carriage return, which a line feed may follow */
  #afterReturn = false
  #kind = ''
  #data: string[] = []
  #characters = 0

  /** The events that end in this part. Throws `TargetProblem` where one has too many characters. */
  push(part: Uint8Array): ServerEvent[] {
    const events: ServerEvent[] = []
    let text = this.#decoder.decode(part, { stream: true })
    if (text === '') return events
    if (this.#afterReturn && text.startsWith('\n')) text = text.slice(1)
    this.#afterReturn = text.endsWith('\r')
    const lines = text.split(/\r\n|\r|\n/)
    const last = lines.pop()!
    for (const line of lines) {
      this.#expectShort(line)
      const event = this.#take(this.#line + line)
      this.#line = ''
      if (event !== null) events.push(event)
    }
    this.#expectShort(last)
    this.#line += last
    return events
  }

  #expectShort(more: string): void {
    if (this.#characters + this.#line.length + more.length <= MOST_CHARACTERS) return
    throw new TargetProblem('answer', `an event has more than ${MOST_CHARACTERS} characters`)
  }

  /** Null where the line ends no event. */
  #take(line: string): ServerEvent | null {
    if (line === '') {
      const event = { kind: this.#kind, data: this.#data.join('\n') }
      const isEmpty = this.#data.length === 0
      this.#kind = ''
      this.#data = []
      this.#characters = 0
      return isEmpty ? null : event
    }
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (name === 'event') this.#kind = value
    if (name === 'data') {
      this.#data.push(value)
      // a line without a character takes memory, too
      this.#characters += value.length + 1
    }
    return null
  }
}
