import { type Answer, endGroup } from './child.ts'
import { failureMessage } from './failure-message.ts'

/** Answers requests of the parent process, one at a time, and ends with the parent. */
export function serveParent<Request, Reply, Part = never>(
  answer: (request: Request, onPart: (part: Part) => void) => Promise<Reply>,
): void {
  const send = (message: Answer<Part, Reply>) => process.send?.(message, () => {})
  process.on('message', (request: Request) => {
    answer(request, (part) => send({ kind: 'part', part }))
      .then((reply) => send({ kind: 'reply', reply }))
      .catch((error: unknown) => send(failureMessage(error)))
  })
  // Ctrl-C is sent to every process of the terminal; the parent decides what it means
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('disconnect', () => endGroup(process.pid))
}
