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
