import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of built-in models and calibrations. */
export function cacheDirectory(): string {
  // an empty variable counts as none: an empty path is the working directory
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return process.env.SPILLWAY_CACHE || join(cache, 'spillway')
}

/** Profiles that ship with Spillway, measured on other machines; `decoder`: of generation. */
export const SHIPPED_PROFILES = ['reference', 'decoder'] as const
export type ShippedProfile = (typeof SHIPPED_PROFILES)[number]

export function shippedProfilePath(name: ShippedProfile = 'reference'): string {
  for (const up of ['..', '../..']) {
    const path = fileURLToPath(new URL(`${up}/scenarios/profiles/${name}.json`, import.meta.url))
    if (existsSync(path)) return path
  }
  throw new Error(`Expected scenarios/profiles/${name}.json to be shipped`)
}

/** This machine's profile: `run` writes what it calibrates there, and `calibrate` by default. */
export function localProfilePath(): string {
  return join(cacheDirectory(), 'profile.json')
}
