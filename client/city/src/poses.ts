/** How limbs stand for what somebody is seen doing: a pure function of the animation and the time. */

/** Angles in radians (forward is positive) and metres. */
export interface Pose {
  legLeft: number
  legRight: number
  armLeft: number
  armRight: number
  /** Arms away from the body. */
  spreadLeft: number
  spreadRight: number
  /** How far the body is lifted, and how far it leans forward. */
  lift: number
  lean: number
  /** A turn about itself. */
  twist: number
}

const pose: Pose = {
  legLeft: 0, legRight: 0, armLeft: 0, armRight: 0, spreadLeft: 0, spreadRight: 0, lift: 0, lean: 0, twist: 0,
}

/** The pose for an animation of the wire at a time in seconds; the object is used again. `still`: no more than it takes. */
export function poseOf(animation: number, timeS: number, still: boolean): Pose {
  const t = still ? 0.35 : timeS
  const swing = Math.sin(t * (animation === 2 ? 11 : 7))
  const beat = Math.sin(t * 9)
  Object.assign(pose, {
    legLeft: 0, legRight: 0, armLeft: 0.04, armRight: -0.04, spreadLeft: 0.1, spreadRight: 0.1, lift: 0, lean: 0, twist: 0,
  })
  switch (animation) {
    case 1:
    case 2: {
      const wide = animation === 2 ? 0.95 : 0.55
      pose.legLeft = swing * wide
      pose.legRight = -swing * wide
      pose.armLeft = -swing * wide
      pose.armRight = swing * wide
      pose.lean = animation === 2 ? 0.16 : 0.04
      pose.lift = Math.abs(swing) * (animation === 2 ? 0.05 : 0.02)
      break
    }
    case 3:
      Object.assign(pose, { legLeft: 0.5, legRight: -0.35, spreadLeft: 1.1, spreadRight: 1.1 })
      break
    case 4:
      Object.assign(pose, { legLeft: 1.5, legRight: 1.5, lift: -0.42, armLeft: 0.5, armRight: 0.5 })
      break
    case 5:
      Object.assign(pose, { spreadRight: 2.6 + beat * 0.35 })
      break
    case 6:
      Object.assign(pose, { armLeft: 1.3, armRight: 1.3, spreadLeft: -0.3 + beat * 0.25, spreadRight: -0.3 + beat * 0.25 })
      break
    case 7:
      Object.assign(pose, { spreadLeft: 2.7 + beat * 0.2, spreadRight: 2.7 - beat * 0.2, lift: Math.abs(beat) * 0.14 })
      break
    case 8:
      Object.assign(pose, {
        twist: beat * 0.5, spreadLeft: 1.2 + beat * 0.8, spreadRight: 1.2 - beat * 0.8, legLeft: beat * 0.3,
        legRight: -beat * 0.3, lift: Math.abs(beat) * 0.08,
      })
      break
    case 9:
      Object.assign(pose, { lean: 0.85, armLeft: 0.4, armRight: 0.4 })
      break
    case 10:
      Object.assign(pose, { lean: -0.12 + beat * 0.08, armLeft: 0.9, armRight: 0.9, spreadLeft: -0.2, spreadRight: -0.2 })
      break
  }
  return pose
}
