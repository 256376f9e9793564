/** What a node may be for others: bits of one number, in contacts and in tokens. */
export const ROLE_TRANSIT = 1;
export const ROLE_SERVES = 2;
export const ROLES_ALL: number = ROLE_TRANSIT | ROLE_SERVES;
