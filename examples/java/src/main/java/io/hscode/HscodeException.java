package io.hscode;

/** A call that failed: its status (an hscode_status) and a message. */
public final class HscodeException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int status;

    HscodeException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The number of the status; see hscode.h. */
    public int status() {
        return status;
    }
}
