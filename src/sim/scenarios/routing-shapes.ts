/** Shapes with an order by ids, and those without. */
export const ROUTING_SHAPES = [
  "healthy",
  "random-gateway",
  "line",
  "ring",
  "grid",
  "tree",
  "bridge",
  "scale-free",
  "random",
] as const;

export type RoutingShape = (typeof ROUTING_SHAPES)[number];
