import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where built-in models and calibrations are kept between runs. */
export function cacheDirectory(): string {
  // an empty variable is as none: it would stand for the folder that one is in
  return process.env.SPILLWAY_CACHE || join(homedir(), '.cache', 'spillway')
}
