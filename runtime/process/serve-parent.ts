import { type Answer, endGroup } from './child.ts'
import { failureMessage } from './failure-message.ts'

/**
 * Answers requests of the parent process, one at a time, and ends with the parent. `onPart`
 * resolves once the part has left: a process that waits for it holds no more than one part.
 */
export function serveParent<Request, Reply, Part = never>(
  answer: (request: Request, onPart: (part: Part) => Promise<void>) => Promise<Reply>,
): void {
  const send = (message: Answer<Part, Reply>) =>
    new Promise<void>((resolve) => {
      // the parent has ended: this process does, too
      if (process.send?.(message, () => resolve()) === undefined) resolve()
    })
  process.on('message', (request: Request) => {
    answer(request, (part) => send({ kind: 'part', part }))
      .then((reply) => send({ kind: 'reply', reply }))
      .catch((error: unknown) => send(failureMessage(error)))
  })
  // Ctrl-C is sent to every process of the terminal; the parent decides what it means
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('disconnect', () => endGroup(process.pid))
}
