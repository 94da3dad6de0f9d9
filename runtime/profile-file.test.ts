import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Failure } from '../scenarios/index.ts'
import type { ModelProfile, Profile } from '../sim/world/index.ts'
import { loadProfile, mergeProfiles, profileHash, referenceProfilePath } from './profile-file.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'spillway-profile-'))

describe('profiles', () => {
  const host = {
    cpu: 'one',
    cores: 2,
    memory_gib: 8,
    platform: 'p',
    node: 'n',
    onnxruntime: 'o',
    adapter: null,
  }
  const model = (key: string, label: string) => ({ key, label }) as ModelProfile
  const profile = (models: ModelProfile[], cpu = 'one'): Profile => ({
    document: 'spillway-profile',
    format: 1,
    name: cpu,
    version: '0',
    host: { ...host, cpu },
    models,
  })

  test('of this machine are merged: what was measured anew replaces the old', () => {
    const old = profile([model('a', 'old a'), model('b', 'old b')])
    const merged = mergeProfiles(profile([model('b', 'new b'), model('c', 'new c')]), old)
    expect(merged.models.map(({ label }) => label)).toEqual(['old a', 'new b', 'new c'])
  })

  test('keep the plan of memory of a file that is the same, where none was measured anew', () => {
    const plan = { weights: [1], steps: [], inputs: [] }
    const of = (content: string, memory: ModelProfile['memory']) =>
      profile([{ ...model('a', 'a'), content, memory }])
    const kept = (fresh: Profile) => mergeProfiles(fresh, of('x', plan)).models[0]!.memory
    expect(kept(of('x', null))).toEqual(plan)
    expect(kept(of('y', null))).toBe(null)
    expect(kept(of('x', { ...plan, weights: [2] }))).toMatchObject({ weights: [2] })
  })

  test('of another machine, or of none, are dropped', () => {
    const fresh = profile([model('b', 'new b')])
    expect(mergeProfiles(fresh, null)).toEqual(fresh)
    expect(mergeProfiles(fresh, profile([model('a', 'old a')], 'other'))).toEqual(fresh)
  })

  test('have a hash over their figures, and not over their host', () => {
    const one = profile([model('a', 'a')])
    expect(profileHash({ ...one, host: { ...host, cores: 64 } })).toBe(profileHash(one))
    expect(profileHash({ ...one, models: [model('a', 'b')] })).not.toBe(profileHash(one))
  })

  test('that are none are the user’s to mend', async () => {
    const path = join(folder(), 'profile.json')
    await expect(loadProfile(path)).rejects.toThrow(`${path}: no such file`)
    writeFileSync(path, '{')
    await expect(loadProfile(path)).rejects.toThrow(`${path}: not JSON`)
    writeFileSync(path, '{"document":"spillway-result"}')
    await expect(loadProfile(path)).rejects.toThrow(
      / document: .*\n.*: not a profile of this version/,
    )
    for (const text of ['{', '{}']) {
      writeFileSync(path, text)
      await expect(loadProfile(path)).rejects.toBeInstanceOf(Failure)
    }
  })

  test.skipIf(!existsSync('scenarios/profiles/reference.json'))('one ships', async () => {
    const { profile: shipped, hash } = await loadProfile(referenceProfilePath())
    expect(shipped.models.length).toBeGreaterThan(0)
    expect(hash).toBe(profileHash(shipped))
  })
})
