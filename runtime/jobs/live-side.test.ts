import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { processesWith } from '../../test/command-line.ts'
import { madeUpProfile } from '../../test/profiles.ts'
import { changed, QUICK } from '../../test/scenarios.ts'
import { put, temporaryFolder } from '../../test/spillway.ts'
import { Fleet } from '../live/fleet.ts'
import { LiveSession } from '../live/live-session.ts'
import { netOf } from '../models/operations/net.test-helper.ts'
import { openSides, type ReplaySide } from './live-side.ts'
import { prepare, resolveSystem } from './prepare.ts'
import { drawnRequests } from './requests.ts'

const folder = temporaryFolder()
const cache = join(folder, 'cache')
beforeEach(() => {
  vi.stubEnv('SPILLWAY_CACHE', cache)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

/** A file that is well-formed, and that ONNX Runtime refuses: it has no such operator. */
writeFileSync(join(folder, 'broken.onnx'), netOf({ x: [1, 1] }, [{ operator: 'NoSuch' }]))
const BROKEN = changed(QUICK, [
  '{ builtin: mlp, layers: 2, width: 64 }',
  '{ onnx: broken.onnx, inputs: { x: { shape: [batch, 64] } } }',
])

async function sideOf(name: string, text: string): Promise<ReplaySide> {
  const prepared = await prepare(put(folder, `${name}.yaml`, text), {})
  const { models, ...profile } = madeUpProfile(text)
  const [known] = prepared.contents
  const content = typeof known === 'string' ? known : 'none'
  const ofFile = models.map((model) => ({ ...model, content }))
  const system = resolveSystem(prepared, { ...profile, models: ofFile })
  return { system, traffic: await drawnRequests(system, system.capacityRps) }
}

const COLD = { shapesMs: 0, trafficMs: 0 }

describe.runIf(process.platform === 'linux')('where one of several models cannot be opened', () => {
  test.each(['while the other is opened', 'once the other is open'])(
    'the error is its own, and no process is left: %s',
    async (when) => {
      const [good, broken] = [await sideOf('good', QUICK), await sideOf('broken', BROKEN)]
      let isOpen = () => {}
      const opened = new Promise<void>((resolve) => {
        isOpen = resolve
      })
      const open = Fleet.open.bind(Fleet)
      vi.spyOn(Fleet, 'open').mockImplementation(async (plan, engines, signal) => {
        const [engine] = engines
        const isBroken = engine && 'file' in engine && engine.file.path.endsWith('broken.onnx')
        const waits = when.startsWith('once') && isBroken
        if (waits) await opened
        return open(plan, engines, signal)
      })
      const session = new LiveSession({
        signal: new AbortController().signal,
        onProgress: (phase) => {
          if (phase.startsWith('warming up')) isOpen()
        },
      })
      await expect(openSides(session, [good, broken], { warmUp: COLD })).rejects.toThrow(/NoSuch/)
      await session.close()
      while (processesWith(`SPILLWAY_CACHE=${cache}`).length > 0) await setTimeout(20)
    },
  )
})
