import { existsSync, readdirSync } from 'node:fs'
import type { TestContext } from 'vitest'

const DRIVERS = '/usr/share/vulkan/icd.d'

/** Skips a test without a Vulkan driver; with CI=true it fails instead. */
export function needVulkan(context: TestContext): void {
  const drivers = existsSync(DRIVERS) ? readdirSync(DRIVERS) : []
  if (drivers.length > 0) return
  if (process.env.CI === 'true') throw new Error(`expected a Vulkan driver in ${DRIVERS}`)
  context.skip('no Vulkan driver: apt install libvulkan1 mesa-vulkan-drivers')
}
