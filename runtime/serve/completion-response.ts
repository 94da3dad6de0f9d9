import type { CompletionRequest } from './completion-request.ts'

/** Answers of OpenAI's completions. A token has no text: its number stands for it. */
export class CompletionResponse {
  readonly #head: object
  readonly #request: Pick<CompletionRequest, 'prompt' | 'answers' | 'includeUsage'>
  #sent = 0

  constructor(
    head: { readonly id: string; readonly created: number; readonly model: string },
    request: Pick<CompletionRequest, 'prompt' | 'answers' | 'includeUsage'>,
  ) {
    const { id, created, model } = head
    this.#head = { id, object: 'text_completion', created, model }
    this.#request = request
  }

  /** The whole answer. */
  whole(tokens: readonly number[]) {
    return {
      ...this.#head,
      choices: [choiceOf(tokens, 'length')],
      usage: this.#usage(tokens.length),
    }
  }

  /** Events of a stream, one for each token. */
  events(tokens: Iterable<number>): string {
    let text = ''
    for (const token of tokens) {
      const last = ++this.#sent === this.#request.answers
      const choices = [choiceOf([token], last ? 'length' : null)]
      text += eventOf({ ...this.#head, choices, ...this.#noUsage() })
    }
    return text
  }

  /** The events after the last token. */
  end(): string {
    const usage = { ...this.#head, choices: [], usage: this.#usage(this.#sent) }
    return `${this.#request.includeUsage ? eventOf(usage) : ''}data: [DONE]\n\n`
  }

  /** Where the counts come at the end, all events before them have none. */
  #noUsage() {
    return this.#request.includeUsage ? { usage: null } : {}
  }

  #usage(completion_tokens: number) {
    const prompt_tokens = this.#request.prompt.length
    return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
  }
}

const choiceOf = (token_ids: readonly number[], finish_reason: 'length' | null) => ({
  ...{ index: 0, text: token_ids.map((id) => ` ${id}`).join(''), token_ids },
  ...{ logprobs: null, finish_reason },
})

export const eventOf = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`
