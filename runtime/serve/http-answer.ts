import type { IncomingMessage, ServerResponse } from 'node:http'
import { RequestProblem } from './request-problem.ts'

/** A response of HTTP. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

export const json = (value: unknown): Answer => ({
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(value),
})

export function expectMethod(
  { method }: IncomingMessage,
  response: ServerResponse,
  expected: 'GET' | 'POST',
): void {
  if (method === expected || (expected === 'GET' && method === 'HEAD')) return
  response.setHeader('Allow', expected === 'GET' ? 'GET, HEAD' : 'POST')
  throw new RequestProblem(`expected method ${expected}`, 405)
}
