/**
 * The tables, and how a database of an older bunker becomes today's. What must
 * be unique is a constraint, a release is a cascade. Times are RFC 3339 with
 * nine digits, UTC, so that they sort as text and keep nanoseconds.
 */

/** migrations[n] brings a database from version n to n + 1 (`PRAGMA user_version`). */
export const migrations: readonly string[] = [
	`
CREATE TABLE image (
	id TEXT PRIMARY KEY,            -- sha256:HEX of the config blob
	size INTEGER NOT NULL,          -- bytes of all its layers' files
	arrived TEXT NOT NULL           -- when it came here, for garbage and sorting
) STRICT, WITHOUT ROWID;

CREATE TABLE tag (
	reference TEXT PRIMARY KEY,     -- familiar form with tag: busybox:latest
	image TEXT NOT NULL REFERENCES image(id) ON DELETE CASCADE,
	updated TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_image ON tag(image);

CREATE TABLE layer (
	chain_id TEXT PRIMARY KEY,      -- sha256:HEX (OCI image-spec, config.md, layer chain id)
	directory TEXT NOT NULL UNIQUE, -- its name in layers/: the first 24 hex digits
	diff_id TEXT NOT NULL,          -- sha256:HEX of the uncompressed tar; also its blob's name
	size INTEGER NOT NULL           -- bytes of its files
) STRICT, WITHOUT ROWID;

CREATE TABLE image_layer (
	image TEXT NOT NULL REFERENCES image(id) ON DELETE CASCADE,
	position INTEGER NOT NULL,      -- 0 is the lowest
	chain_id TEXT NOT NULL REFERENCES layer(chain_id),
	PRIMARY KEY (image, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_layer_chain ON image_layer(chain_id);

CREATE TABLE container (
	id TEXT PRIMARY KEY,            -- 64 hex digits
	name TEXT NOT NULL UNIQUE,
	command TEXT NOT NULL,          -- JSON, the program and its arguments
	image TEXT REFERENCES image(id),-- NULL with --rootfs
	created TEXT NOT NULL,
	options TEXT NOT NULL,          -- JSON, container/options.ts
	started TEXT,                   -- last start; NULL: never
	finished TEXT,                  -- last end that was recorded
	exit_code INTEGER,              -- of that end, or of a start that failed
	error TEXT,                     -- why it could not be started, or how it ended without a record
	boot TEXT                       -- boot id of the last start
) STRICT, WITHOUT ROWID;
CREATE INDEX container_image ON container(image);
`,
	`
ALTER TABLE container ADD COLUMN labels TEXT;                 -- JSON, the image's with the flags' over them; NULL: made before this column was
ALTER TABLE container ADD COLUMN restarts INTEGER NOT NULL DEFAULT 0;       -- by the policy, since the user started it
ALTER TABLE container ADD COLUMN restart_delay INTEGER NOT NULL DEFAULT 0;  -- milliseconds that the last of them waited
ALTER TABLE container ADD COLUMN waiter TEXT;                 -- a restart is due: pid and start time of who waits for it
ALTER TABLE container ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0;        -- 1: the user has ended it, which no policy undoes
ALTER TABLE container ADD COLUMN health TEXT;                 -- JSON, container/health.ts: as the last run left it
ALTER TABLE container ADD COLUMN health_changes INTEGER NOT NULL DEFAULT 0; -- of this run, so many are events already

CREATE TABLE event (
	id INTEGER PRIMARY KEY,         -- in the order in which they came to be known
	time TEXT NOT NULL,             -- when it happened
	type TEXT NOT NULL,             -- container, image
	action TEXT NOT NULL,
	actor TEXT NOT NULL,            -- id of the container or image
	attributes TEXT NOT NULL        -- JSON, names and values
) STRICT;
CREATE TRIGGER event_bound AFTER INSERT ON event WHEN NEW.id % 100 = 0 BEGIN
	DELETE FROM event WHERE id <= NEW.id - 1000;
END;
`,
	`
ALTER TABLE container ADD COLUMN oom_killed INTEGER NOT NULL DEFAULT 0; -- 1: in the last run the kernel has killed a process of it for want of memory
ALTER TABLE container ADD COLUMN ooms INTEGER NOT NULL DEFAULT 0;       -- of this run, so many of these kills are events already
ALTER TABLE container ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;     -- 1: the user has paused it, 2: a commit; negative: is about to. The kernel knows whether it is (container/pausing.ts)
ALTER TABLE image ADD COLUMN parent TEXT REFERENCES image(id) ON DELETE SET NULL; -- what it was committed on top of; NULL: nothing, or nobody knows
CREATE INDEX image_parent ON image(parent);
`,
	`
CREATE TABLE network (
	id TEXT PRIMARY KEY,            -- 64 hex digits
	name TEXT NOT NULL UNIQUE,
	driver TEXT NOT NULL,           -- bridge, macvlan, ipvlan, host, null
	created TEXT NOT NULL,
	options TEXT NOT NULL           -- JSON, network/options.ts
) STRICT, WITHOUT ROWID;
INSERT INTO network SELECT lower(hex(randomblob(32))), column1, column2, strftime('%Y-%m-%dT%H:%M:%f000000Z', 'now'), '{}'
	FROM (VALUES ('bridge', 'bridge'), ('host', 'host'), ('none', 'null'));

CREATE TABLE subnet (
	id INTEGER PRIMARY KEY,
	network TEXT NOT NULL REFERENCES network(id) ON DELETE CASCADE,
	cidr TEXT NOT NULL,             -- 10.1.2.0/26, fd00:1::/64: canonical; macvlan and ipvlan may share a parent's
	gateway TEXT,                   -- canonical; NULL: none
	range TEXT,                     -- CIDR that addresses are picked from; NULL: the whole subnet
	reserved TEXT NOT NULL DEFAULT '{}' -- JSON, --aux-address: names and addresses nobody gets
) STRICT;
CREATE INDEX subnet_network ON subnet(network);

CREATE TABLE endpoint (             -- a container's part in a network
	container TEXT NOT NULL REFERENCES container(id) ON DELETE CASCADE,
	network TEXT NOT NULL,          -- its id; it may be gone, while the container does not run: docker lets it
	position INTEGER NOT NULL,      -- in the order in which they were asked for
	options TEXT NOT NULL,          -- JSON, network/options.ts EndpointOption
	id TEXT,                        -- 64 hex digits, new at each start; NULL: it does not run
	interface TEXT,                 -- in the container: eth0
	mac TEXT,
	PRIMARY KEY (container, network)
) STRICT, WITHOUT ROWID;
CREATE INDEX endpoint_network ON endpoint(network);
CREATE INDEX endpoint_links ON endpoint(network) WHERE instr(options, '"links"') > 0; -- few: --link

CREATE TABLE address (              -- taken while the container runs
	subnet INTEGER NOT NULL REFERENCES subnet(id) ON DELETE CASCADE,
	address TEXT NOT NULL,          -- canonical, without a prefix
	container TEXT NOT NULL,
	network TEXT NOT NULL,
	PRIMARY KEY (subnet, address),
	FOREIGN KEY (container, network) REFERENCES endpoint(container, network) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX address_container ON address(container, network);

CREATE TABLE endpoint_name (        -- what others on the network call it
	network TEXT NOT NULL,
	name TEXT NOT NULL,             -- lower case
	container TEXT NOT NULL,
	PRIMARY KEY (network, name, container),
	FOREIGN KEY (container, network) REFERENCES endpoint(container, network) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX endpoint_name_container ON endpoint_name(container, network);

CREATE TABLE port (                 -- published while the container runs
	protocol TEXT NOT NULL,         -- tcp, udp, sctp
	address TEXT NOT NULL,          -- of the host, canonical; 0.0.0.0 and :: are all of them
	port INTEGER NOT NULL,
	container TEXT NOT NULL REFERENCES container(id) ON DELETE CASCADE,
	target INTEGER NOT NULL,        -- the container's port
	inside TEXT,                    -- the container's address that the kernel leads to; NULL: none of that family, the forwarder copies; '': it leads nowhere
	comment TEXT NOT NULL DEFAULT '', -- what the ruleset says beside it: the container's name
	PRIMARY KEY (protocol, address, port)
) STRICT, WITHOUT ROWID;
CREATE INDEX port_container ON port(container);
`,
	`
CREATE TABLE volume (
	name TEXT PRIMARY KEY,
	created TEXT NOT NULL,
	labels TEXT,                    -- JSON, names and values; NULL: none
	options TEXT                    -- JSON, of the local driver: type, device, o; NULL: none
) STRICT, WITHOUT ROWID;

CREATE TABLE volume_use (           -- by a container, running or not
	container TEXT NOT NULL REFERENCES container(id) ON DELETE CASCADE,
	volume TEXT NOT NULL REFERENCES volume(name),
	PRIMARY KEY (container, volume)
) STRICT, WITHOUT ROWID;
CREATE INDEX volume_use_volume ON volume_use(volume);
`,
	`
CREATE TABLE image_use (            -- by a container that has it mounted, running or not
	container TEXT NOT NULL REFERENCES container(id) ON DELETE CASCADE,
	image TEXT NOT NULL REFERENCES image(id),
	PRIMARY KEY (container, image)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_use_image ON image_use(image);
`,
];
