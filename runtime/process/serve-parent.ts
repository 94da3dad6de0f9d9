import { type Answer, endGroup } from './child.ts'
import { failureMessage } from './failure-message.ts'

/**
 * Answers the requests of the process that started this one, which asks for one at a time, and ends
 * this process, with its group, when that one has gone.
 */
export function serveParent<Request, Reply, Part = never>(
  answer: (request: Request, onPart: (part: Part) => void) => Promise<Reply>,
): void {
  const send = (message: Answer<Part, Reply>) => process.send?.(message, () => {})
  process.on('message', (request: Request) => {
    answer(request, (part) => send({ kind: 'part', part }))
      .then((reply) => send({ kind: 'reply', reply }))
      .catch((error: unknown) => send(failureMessage(error)))
  })
  // Ctrl-C goes to every process of the terminal; the parent decides what it means
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('disconnect', () => endGroup(process.pid))
}
