import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { EXIT, Failure } from '../scenarios/index.ts'
import type { Engine, EngineOptions, EngineRun } from './engine.ts'

/** Parent to process. */
export type EngineRequest =
  | { readonly kind: 'open'; readonly options: EngineOptions; readonly epochNs: bigint }
  | {
      readonly kind: 'run'
      readonly size: number
      readonly length: number
      readonly lengths: Int32Array
      readonly keys: Uint32Array
    }
  | { readonly kind: 'load' | 'unload' }

/** Process to parent: one reply for each request. */
export type EngineReply =
  | { readonly kind: 'opened'; readonly fellBack: boolean }
  | { readonly kind: 'failed'; readonly problems: readonly string[] }
  | ({ readonly kind: 'ran' } & EngineRun)

/**
 * An engine in a process of its own, which ends with its parent. `stderr`: where goes what
 * libraries print there.
 */
export async function openProcessEngine(
  options: EngineOptions,
  epochNs: bigint,
  stderr: 'inherit' | 'ignore' = 'inherit',
): Promise<Engine> {
  const source = import.meta.url.endsWith('.ts')
  const entry = new URL(`./engine-process.${source ? 'ts' : 'js'}`, import.meta.url)
  const child = fork(fileURLToPath(entry), {
    serialization: 'advanced',
    stdio: ['inherit', 'inherit', stderr, 'ipc'],
    execArgv: source ? ['--import', import.meta.resolve('tsx')] : [],
  })
  const opened = await ask(child, { kind: 'open', options, epochNs })
  if (opened.kind === 'failed') {
    child.disconnect()
    throw new Failure(opened.problems)
  }
  const order = async (request: EngineRequest): Promise<EngineRun> => {
    const reply = await ask(child, request)
    if (reply.kind === 'failed') throw new Failure(reply.problems)
    if (reply.kind !== 'ran') throw new Error(`Expected ${request.kind} to end, got ${reply.kind}`)
    return reply
  }
  return {
    fellBack: opened.kind === 'opened' && opened.fellBack,
    run(size, length, lengths, keys) {
      const members = { lengths: lengths.slice(0, size), keys: keys.slice(0, size) }
      return order({ kind: 'run', size, length, ...members })
    },
    load: () => order({ kind: 'load' }),
    unload: () => order({ kind: 'unload' }),
    async close() {
      // it may have been killed while it had nothing to do
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

/**
 * Sends a request and waits for its reply; rejects with `Failure` where the process has ended or
 * ends first.
 */
function ask(child: ChildProcess, request: EngineRequest): Promise<EngineReply> {
  return new Promise((resolve, reject) => {
    const onExit = () => {
      const how = child.signalCode ?? `code ${child.exitCode}`
      // the system kills where memory runs out, and V8 gives up
      const why = ['SIGKILL', 'SIGABRT'].includes(how) ? '; most often for want of memory' : ''
      reject(new Failure(`the process of an executor ended early (${how})${why}`, EXIT.internal))
    }
    child.once('exit', onExit)
    child.once('message', (reply: EngineReply) => {
      child.off('exit', onExit)
      resolve(reply)
    })
    child.send(request, (error) => {
      // it may have ended between two requests, when nobody listened
      if (error && (child.exitCode !== null || child.signalCode !== null)) onExit()
    })
  })
}
