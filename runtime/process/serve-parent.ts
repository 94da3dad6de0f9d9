import { type Answer, endGroup } from './child.ts'
import { failureMessage } from './failure-message.ts'

/**
 * Answers requests of the parent process, one at a time, and ends with the parent. `onPart`
 * resolves once the part has left: a process that waits for it holds no more than one part. Work
 * without a pause takes no message, so `onPart` also ends a process whose parent has ended.
 * `onNote`: a note has no answer, and may come while a request is answered.
 */
export function serveParent<Request, Reply, Part = never>(
  answer: (request: Request, onPart: (part: Part) => Promise<void>) => Promise<Reply>,
  onNote?: (note: string) => void,
): void {
  const parent = process.ppid
  const send = (message: Answer<Part, Reply>) =>
    new Promise<void>((resolve) => {
      // the parent has ended: this process does, too
      if (process.send?.(message, () => resolve()) === undefined) resolve()
    })
  process.on('message', (request: Request | string) => {
    if (typeof request === 'string') {
      onNote?.(request)
      return
    }
    const onPart = (part: Part) => {
      // Windows keeps the number: there it ends with its work
      if (process.ppid !== parent) endGroup(process.pid)
      return send({ kind: 'part', part })
    }
    answer(request, onPart)
      .then((reply) => send({ kind: 'reply', reply }))
      .catch((error: unknown) => send(failureMessage(error)))
  })
  // Ctrl-C is sent to every process of the terminal; the parent decides what it means
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('disconnect', () => endGroup(process.pid))
}
