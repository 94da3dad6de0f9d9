import type { EndedAs } from './ended-request.ts'

/** A fault of a request, as its client gets it. */
export class RequestProblem extends Error {
  /** of HTTP */
  readonly status: number

  constructor(text: string, status = 400) {
    super(text)
    this.name = 'RequestProblem'
    this.status = status
  }
}

/** How requests that were not served are answered. */
const PROBLEMS: Readonly<
  Record<Exclude<EndedAs, 'served'>, readonly [status: number, text: string]>
> = {
  invalid: [400, 'the model cannot run these inputs, such as an index out of its range'],
  shed: [429, 'shed: the scenario refuses requests under this load'],
  timed_out: [504, 'timed out in the queue'],
  cancelled: [504, 'the client timeout of its class has passed in the queue'],
  abandoned: [504, 'the client timeout of its class had passed when it was done'],
  failed: [500, 'its batch has failed'],
  withdrawn: [500, 'withdrawn'],
  redundant: [500, 'redundant'],
  retried: [500, 'retried'],
}

export function outcomeProblem(as: Exclude<EndedAs, 'served'>): RequestProblem {
  const [status, text] = PROBLEMS[as]
  return new RequestProblem(text, status)
}
