/** How much of somebody is drawn, by how far away they are and how many there are. */

export type Detail = 'near' | 'middle' | 'far'

/** Up to here limbs move and faces show, in metres. */
const NEAR_M = 32
/** Up to here somebody is a figure, beyond it a point of colour. */
const MIDDLE_M = 110
/** Beyond a limit for so far a figure keeps its detail, or it would flicker for whoever walks along the border. */
const KEEP_M = 3
/** As many as have limbs: some fifteen instances each. */
export const NEAR_MAX = 96
export const MIDDLE_MAX = 2400

/** The detail for somebody so many metres away, given the one they have now and how many are drawn so already. */
export function detailOf(distanceM: number, before: Detail | undefined, near: number, middle: number): Detail {
  const kept = (detail: Detail): number => (before === detail ? KEEP_M : 0)
  if (distanceM <= NEAR_M + kept('near') && near < NEAR_MAX) return 'near'
  if (distanceM <= MIDDLE_M + kept('middle') && middle < MIDDLE_MAX) return 'middle'
  return 'far'
}
