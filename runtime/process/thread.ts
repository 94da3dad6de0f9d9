import { Worker } from 'node:worker_threads'
import { EXIT, Failure } from '../../scenarios/index.ts'

/** Starts a thread at an `entryBeside`. Throws `Failure` if the system has no more threads. */
export function startThread(entry: URL, workerData: unknown): Worker {
  try {
    return newWorker(entry, workerData)
  } catch (error) {
    throw starvedOr(error)
  }
}

/** The same error, or a `Failure` if this process cannot get more memory or threads. */
function starvedOr(error: unknown): unknown {
  const match = /\bEAGAIN\b|\bERR_WORKER_OUT_OF_MEMORY\b/.exec(
    `${error} ${(error as NodeJS.ErrnoException).code}`,
  )
  if (match === null) return error
  return new Failure(`memory or threads of this process ran out (${match[0]})`, EXIT.internal)
}

/** Threads do not inherit a loader, so one from source registers tsx itself. */
function newWorker(entry: URL, workerData: unknown): Worker {
  if (!entry.href.endsWith('.ts')) return new Worker(entry, { workerData })
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  const boot = `import(${loader}).then((tsx) => (tsx.register(), import(${JSON.stringify(entry.href)})))`
  return new Worker(boot, { eval: true, workerData, execArgv: [] })
}

interface NextMessage {
  /** once it is set, the message stays pending */
  readonly signal?: AbortSignal | undefined
}

/** The next message of a thread; rejects if it fails or ends. */
export function nextMessage<T>(thread: Worker, { signal }: NextMessage = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      thread.off('message', onMessage)
      thread.off('error', onError)
      thread.off('exit', onExit)
      act()
    }
    const onMessage = (message: T) => settle(() => resolve(message))
    const onError = (error: unknown) => settle(() => reject(starvedOr(error)))
    const onExit = (code: number) =>
      settle(() => reject(new Failure(`a thread ended early with code ${code}`, EXIT.internal)))
    thread.on('message', onMessage)
    thread.on('error', onError)
    thread.on('exit', onExit)
    signal?.addEventListener('abort', () => settle(() => {}), { once: true })
  })
}
