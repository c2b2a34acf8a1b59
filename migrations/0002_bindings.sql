-- Where the phones that register are: a restart forgets no phone. A user's rows are replaced together.
CREATE TABLE bindings (
    user_name TEXT NOT NULL,
    position BIGINT NOT NULL,
    -- Of the password's hash they were made with: another password ends them.
    password_mark TEXT NOT NULL,
    -- A SIP name-addr with its parameters.
    contact TEXT NOT NULL,
    -- The address:port its REGISTER came from, our own address as seen from there, and our socket by its place in the
    -- configuration.
    source TEXT NOT NULL,
    local_ip TEXT NOT NULL,
    socket BIGINT NOT NULL,
    registered_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    call_id TEXT NOT NULL,
    cseq BIGINT NOT NULL,
    PRIMARY KEY (user_name, position)
);

-- Made once for each installation. "nonce": what password challenges are signed with, 64 hex digits.
CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
